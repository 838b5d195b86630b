"""Provenance attributes of files."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
RECORDED_PACKAGES = ("equinox", "evosax", "jax", "matplotlib", "netCDF4", "numba", "numpy", "optax", "scipy", "xarray")


def package_versions() -> str:
    """Return the version of this package, and in brackets those of the packages that it computes with."""
    others = [f"{name} {importlib.metadata.version(name)}" for name in RECORDED_PACKAGES]
    return (
        f"synapseek {importlib.metadata.version('synapseek')} "
        f"({', '.join([*others, f'Python {platform.python_version()}'])})"
    )


def provenance(
    study: str,
    stage: str,
    inputs: Sequence[str],
    settings: Mapping[str, Any],
    scale: str,
    digest: str,
    references: str,
    device: str | None = None,
) -> dict[str, Any]:
    """Return global attributes with the study, settings, code and packages that made a file; no time stamp, no path.

    Args:
        study, stage: names.
        inputs: the files that it was made from, relative to the folder of the run; those that the package ships are
            named from the package on, wherever it is installed, and the parts 0.nc, 1.nc, ... of one result as `*.nc`.
        settings: all settings that the stage depends on, stored as JSON.
        scale: `preview` or `published`; a preview says so in `comment`.
        digest: of the code, see `pipeline.digest.code_digest`.
        references: publications; empty without any.
        device: what simulated, for a stage that does.
    """
    attributes = {
        "study": study,
        "stage": stage,
        "scale": scale,
        "settings": json.dumps(settings, sort_keys=True),
        "source": package_versions(),
        "code_digest": digest,
        "history": f"{stage} of {study}" + (f", from {', '.join(_file_names(inputs))}" if inputs else ""),
    }
    if references:
        attributes["references"] = references
    if device:
        attributes["device"] = device
    if scale == "preview":
        attributes["comment"] = "Preview: a shrunk network and protocol, not the published experiment."
    return attributes


def _file_names(paths: Sequence[str]) -> list[str]:
    """Return names of files in the form that results give them.

    Numbered ones are `*`: a result does not tell into how many parts it was cut.
    """
    names = [f"{package.removeprefix('/')}{inside}" for _, package, inside in map(_from_package, paths)]
    return list(dict.fromkeys(re.sub(r"/\d+\.nc$", "/*.nc", name) for name in names))


def _from_package(path: str) -> tuple[str, str, str]:
    return path.rpartition(f"/{PACKAGE.name}/")
