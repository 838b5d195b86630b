"""Published searches: those that ship with the package, and further files of the same kind."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import xarray as xr

from synapseek_core.errors import ConfigurationError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.published import PUBLISHED_RUN

SHIPPED = Path(__file__).parents[1] / "data" / "published_runs"


def published_run_files(folder: Path | str | None = None) -> dict[str, Path]:
    """Return name -> file of the published searches that ship with the package, then of those in a folder.

    Each group is sorted by name.

    Raises:
        ConfigurationError: there is no such folder, or it has a run of the name of a shipped one.
    """
    files = _files(SHIPPED)
    if folder is None:
        return files
    if not Path(folder).is_dir():
        raise ConfigurationError(f"published_table.folder = {str(folder)!r}: there is no such folder")
    further = _files(Path(folder))
    if twice := sorted(files.keys() & further.keys()):
        raise ConfigurationError(
            f"published_table.folder = {str(folder)!r}: {twice[0]}.nc has the name of a run that the package ships; "
            "rename it"
        )
    return files | further


def _files(folder: Path) -> dict[str, Path]:
    return {path.name.removesuffix(".nc"): path for path in sorted(folder.glob("*.nc"))}


@cache
def published_run(name: str) -> xr.Dataset:
    """Return a published search that ships with the package (contract `published_run`).

    Raises:
        ConfigurationError: there is none of that name.
    """
    known = published_run_files()
    if name not in known:
        raise ConfigurationError(f"published_run = {name!r}: no such run; shipped: {', '.join(known)}")
    return datasets.read(known[name], PUBLISHED_RUN)


def published_coordinates(name: str) -> tuple[str, ...]:
    """Return the names of the search coordinates of a shipped published search; errors as `published_run`."""
    return tuple(str(coordinate) for coordinate in published_run(name)["coordinate"].values)
