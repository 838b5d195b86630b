"""Published searches: those that ship with the package, and further files of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.errors import ConfigurationError, DatasetError
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


def read_published_run(path: Path) -> xr.Dataset:
    """Read a published search from its file (contract `published_run`).

    Raises:
        DatasetError: the file is not one, or its numbers do not belong together.
    """
    run = datasets.read(path, PUBLISHED_RUN, datasets.GIVEN)
    try:
        _check(run, str(path))
    except DatasetError as error:
        raise DatasetError(f"{error}; {datasets.GIVEN.wrong}") from None
    return run


def write_published_run(
    path: Path | str,
    *,
    coordinates: Sequence[str],
    means: Any,
    losses: Any,
    task: str,
    synapse_types: Sequence[str],
    neuron_model: str,
    references: str,
    covariances: Any = None,
    study: str | None = None,
) -> None:
    """Write a published search from arrays to a file, which `published_table.folder` can name the folder of.

    Args:
        path: ends with `.nc`; its name is that of the run.
        coordinates: (coordinate,) names of the search coordinates, `study.settings.rule_space.coordinate_names`: a
            parameter, or the natural logarithm of a time constant in s.
        means: (generation + 1, coordinate) means of the search distribution, before each generation and after the last.
        losses: (generation,) losses of the mean before each generation.
        task: name of the task, as `stability`.
        synapse_types: plastic synapse types in the order of the coordinates.
        neuron_model: name of the neuron model, as `TIF`.
        references: the publication.
        covariances: (generation, coordinate, coordinate) covariances of the search distribution over its step size
            squared, after each generation; None where they were not published.
        study: name of its study, where several are of the run's kind; None: the first of them.

    Raises:
        DatasetError: the arrays do not belong together, or the file cannot be written.
    """
    try:
        run = _dataset(list(map(str, coordinates)), means, losses, covariances)
    except ValueError as error:
        raise DatasetError(f"{path}: the arrays do not belong together: {error}") from None
    _check(run, str(path))
    attributes = {"task": task, "synapse_types": " ".join(synapse_types), "neuron_model": neuron_model}
    attributes |= {"references": references, "history": "made from the arrays of a published search"}
    attributes |= {} if study is None else {"study": study}
    datasets.write(run, PUBLISHED_RUN, path, attributes)


def _dataset(names: list[str], means: Any, losses: Any, covariances: Any) -> xr.Dataset:
    run = xr.Dataset(
        {
            "distribution_mean": (("generation_boundary", "coordinate"), np.asarray(means, np.float32)),
            "loss_of_mean": ("generation", np.asarray(losses, np.float32)),
        },
        {"coordinate": names},
    )
    if covariances is None:
        return run
    square = ("generation", "coordinate", "coordinate_other")
    return run.assign(covariance_shape=(square, np.asarray(covariances, np.float32))).assign_coords(
        coordinate_other=names
    )


def _check(run: xr.Dataset, where: str) -> None:
    """Refuse a search whose means are not one more than its losses, or are no numbers."""
    generations, boundaries = run.sizes["generation"], run.sizes["generation_boundary"]
    if boundaries != generations + 1:
        raise DatasetError(
            f"{where}: {boundaries} means of the search distribution and {generations} losses; needed: a mean before "
            "each generation, with its loss, and one after the last"
        )
    if not np.isfinite(run["distribution_mean"]).all():
        raise DatasetError(f"{where}: means of the search distribution are not all finite")


@cache
def published_run(name: str) -> xr.Dataset:
    """Return a published search that ships with the package (contract `published_run`).

    Raises:
        ConfigurationError: there is none of that name.
    """
    known = published_run_files()
    if name not in known:
        raise ConfigurationError(f"published_run = {name!r}: no such run; shipped: {', '.join(known)}")
    return read_published_run(known[name])


def published_coordinates(name: str) -> tuple[str, ...]:
    """Return the names of the search coordinates of a shipped published search; errors as `published_run`."""
    return tuple(str(coordinate) for coordinate in published_run(name)["coordinate"].values)
