"""Provenance of a figure or a result back to its first files: code, settings, seeds, device, packages.

`python -m synapseek_core.files.lineage FILE` prints it as JSON. A figure carries it in itself (see `embedding` and
`embedded`), a result names what it was made from, which is followed as far as the files are there.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

import netCDF4
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from synapseek_core.errors import DatasetError
from synapseek_core.files.datasets import reading, seal_of
from synapseek_core.files.provenance import PACKAGE, package_versions

DESCRIBED = ("stage", "study", "scale", "source", "code_digest", "device", "references")
"""Attributes of a result that tell how it was made."""

PDF_ESCAPES = {b"n": b"\n", b"r": b"\r"}


def lineage(files: Iterable[str], root: Path) -> dict[str, Any]:
    """Return the provenance of files, and of all that they were made from.

    Args:
        files: names as results give them, relative to the folder of the run.
        root: the folder of the run.

    Returns:
        `settings`, those that all stages share; `made_by`, for each way in which some of the files were made: the
        attributes of `DESCRIBED`, the settings beyond the shared ones, the number of files in each folder, and the
        SHA-256 of their checksums.
    """
    found: dict[str, dict[str, Any]] = {}
    waiting = list(files)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _attributes(name, root)
            waiting += found[name].pop("inputs")
    groups: dict[str, list[str]] = {}
    for name, made in sorted(found.items()):
        described = {key: value for key, value in made.items() if key != "checksum"}
        groups.setdefault(json.dumps(described, sort_keys=True), []).append(name)
    ways = [json.loads(described) for described in groups]
    shared = _shared([way["settings"] for way in ways if way["settings"]])
    made_by = [
        way
        | {"settings": {key: value for key, value in way["settings"].items() if key not in shared}}
        | _described_files(names, found)
        for way, names in zip(ways, groups.values(), strict=True)
    ]
    return {"settings": shared, "made_by": made_by}


def _attributes(name: str, root: Path) -> dict[str, Any]:
    """Return the provenance attributes of a file, its `inputs` and its `checksum`."""
    path = (PACKAGE.parent if name.startswith(f"{PACKAGE.name}/") else root) / name
    if not path.exists():
        return {"stage": "not there any more", "settings": {}, "inputs": [], "checksum": ""}
    if path.suffix != ".nc":
        # A table of rules as text, which a user has brought.
        return {
            "stage": "given",
            "settings": {},
            "inputs": [],
            "checksum": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    with reading(path), netCDF4.Dataset(path) as opened:
        attributes = {key: str(opened.getncattr(key)) for key in opened.ncattrs()}
        rules = _rules(opened)
        checksum = seal_of(path) or hashlib.sha256(path.read_bytes()).hexdigest()
    _, _, inputs = attributes.get("history", "").partition(", from ")
    return {key: attributes[key] for key in DESCRIBED if key in attributes} | {
        "settings": json.loads(attributes.get("settings", "{}")),
        "inputs": [part for name in inputs.split(", ") if name for part in _parts(name, rules, root)],
        "checksum": checksum,
    }


def _rules(opened: netCDF4.Dataset) -> int:
    return opened.dimensions["rule"].size if "rule" in opened.dimensions else 0


def _parts(name: str, rules: int, root: Path) -> list[str]:
    """Return the files that a name stands for: for `*`, the first ones that together have so many rules.

    Other files that match are left from earlier runs.
    """
    if not name.endswith("/*.nc"):
        return [name]
    folder, parts, found = name.removesuffix("/*.nc"), [], 0
    for path in sorted((root / folder).glob("*.nc"), key=lambda path: int(path.stem)):
        if not rules or found < rules:
            parts.append(f"{folder}/{path.name}")
            with reading(path), netCDF4.Dataset(path) as opened:
                found += _rules(opened)
    return parts or [name]


def _shared(settings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = settings[0] if settings else {}
    return {key: value for key, value in first.items() if all(s.get(key) == value for s in settings)}


def _described_files(names: Sequence[str], found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    folders: dict[str, int] = {}
    for name in names:
        folder = str(PurePosixPath(name).parent)
        folders[folder] = folders.get(folder, 0) + 1
    checksums = "".join(found[name]["checksum"] for name in names)
    return {"files": folders, "sha256": hashlib.sha256(checksums.encode()).hexdigest()}


def figure_record(
    figure: str, study: str, scale: str, digest: str, inputs: Sequence[str], root: Path
) -> dict[str, Any]:
    """Return the provenance record of a figure; `inputs` and `root` as in `lineage`."""
    drawn = {"figure": figure, "study": study, "scale": scale, "source": package_versions(), "code_digest": digest}
    return drawn | lineage(inputs, root)


def embedding(path: Path | str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of matplotlib's `savefig` that embed a record in a figure, without a time stamp."""
    text = json.dumps(record, sort_keys=True)
    kind = Path(path).suffix
    if kind == ".png":
        information = PngInfo()
        information.add_itxt("Provenance", text, zip=True)
        return {"pil_kwargs": {"pnginfo": information}}
    if kind == ".pdf":
        return {"metadata": {"CreationDate": None, "Keywords": text}}
    return {"metadata": {"Date": None, "Description": text}}


def embedded(path: Path | str) -> dict[str, Any]:
    """Return the provenance record that a figure carries.

    Raises:
        DatasetError: it has none.
    """
    path = Path(path)
    texts = {".png": _text_of_png, ".pdf": _text_of_pdf, ".svg": _text_of_svg}[path.suffix](path)
    if not texts:
        raise DatasetError(f"{path}: carries no provenance; it was not drawn by this project")
    return json.loads(texts)


def _text_of_png(path: Path) -> str | None:
    with Image.open(path) as image:
        image.load()
        return getattr(image, "text", {}).get("Provenance")


def _text_of_svg(path: Path) -> str | None:
    return ElementTree.parse(path).getroot().findtext(".//{http://purl.org/dc/elements/1.1/}description")


def _text_of_pdf(path: Path) -> str | None:
    """Return the text of the document information, which matplotlib writes uncompressed; backslashes escape."""
    found = re.search(rb"/Keywords \(((?:[^\\)]|\\.)*)\)", path.read_bytes(), re.DOTALL)
    return found and re.sub(rb"\\(.)", lambda m: PDF_ESCAPES.get(m[1], m[1]), found[1]).decode()


def trace(path: Path) -> dict[str, Any]:
    """Return the record of a figure, or the lineage of a result.

    Raises:
        DatasetError: the file is neither.
    """
    if not path.exists():
        raise DatasetError(f"{path}: there is no such file")
    if path.suffix in (".png", ".pdf", ".svg"):
        return embedded(path)
    if path.suffix != ".nc":
        raise DatasetError(f"{path}: allowed: a figure (.png, .pdf, .svg) or a result (.nc)")
    with reading(path), netCDF4.Dataset(path) as opened:
        name = str(getattr(opened, "result", path.name))
    # A result knows its name from the folder of the run on.
    return lineage([name], Path(str(path.resolve()).removesuffix(name)))


if __name__ == "__main__":
    try:
        print(json.dumps(trace(Path(sys.argv[1])), indent=2))
    except DatasetError as error:
        sys.exit(f"Error: {error}")
