"""What each file says about where it came from."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
RECORDED_PACKAGES = ("equinox", "evosax", "jax", "matplotlib", "netCDF4", "numba", "numpy", "optax", "scipy", "xarray")


def code_digest(*files: Path | str) -> str:
    """Digest of the given Python files and of every module of this package that they import, directly or not.

    Snakemake does not see edits of an installed package; passed as a parameter of a stage, this digest makes the
    stage run again when, and only when, code that it can reach has changed, even by a comment.
    """
    digest = hashlib.sha256()
    for path in sorted(_reachable(tuple(Path(file).resolve() for file in files))):
        # Names relative to the package, so that the digest does not depend on where it is installed.
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _reachable(files: tuple[Path, ...]) -> set[Path]:
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imported(path))
    return found


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    files = [file for name in names if name.startswith("synapseek_core") for file in _files(name)]
    if path.name == "specialise.py":
        files += (path.parent / "kernel").glob("*.py")
    return tuple(files)


def _files(module: str) -> list[Path]:
    """Source files that importing a module of this package runs."""
    path, files = PACKAGE, [PACKAGE / "__init__.py"]
    for part in module.split(".")[1:]:
        path = path / part
        files += [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()]
    return files


def package_versions() -> str:
    """Version of this package, and in brackets those of what it computes with."""
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
    """Global attributes that say which study, settings, code and packages made a file; no time stamp, no path.

    Args:
        study, stage: names.
        inputs: the files that it was made from, relative to the folder of the run; those that the package ships are
            named from the package on, wherever it is installed, and the parts 0.nc, 1.nc, ... of one result as `*.nc`.
        settings: all settings that the stage depends on, stored as JSON.
        scale: `preview` or `published`; a preview says so in `comment`.
        digest: of the code, see `code_digest`.
        references: publications.
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
        "references": references,
    }
    if device:
        attributes["device"] = device
    if scale == "preview":
        attributes["comment"] = "Preview: a shrunk network and protocol, not the published experiment."
    return attributes


def _file_names(paths: Sequence[str]) -> list[str]:
    """Names of files as results give them; numbered ones as `*`: a result does not tell into how many it was cut."""
    names = [f"{package.removeprefix('/')}{inside}" for _, package, inside in map(_from_package, paths)]
    return list(dict.fromkeys(re.sub(r"/\d+\.nc$", "/*.nc", name) for name in names))


def _from_package(path: str) -> tuple[str, str, str]:
    return path.rpartition(f"/{PACKAGE.name}/")
