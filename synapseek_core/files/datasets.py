"""NetCDF files that satisfy their contract: described, validated, written whole or not at all, checked when read.

A file ends with a checksum: the SHA-256 of all bytes before it, which readers of NetCDF do not look at. It reveals a
file that was damaged on its disk, of which the NetCDF library itself sees only a part.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from synapseek_core.errors import DatasetError
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.dimensions import DIMENSIONS, LABELLED, NUMBERED

SEAL = b"\nsynapseek sha256 "
SEAL_SIZE = len(SEAL) + 64
BLOCK = 1 << 20
COMPRESSED = 4096
"""Bytes from which on an array is compressed: the chunks of a smaller one take more than they save. Our choice."""

ATTRIBUTES = ("units", "long_name")
"""Attributes that every variable has."""

SYSTEM_ERRORS: dict[int | None, tuple[str, str]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), ("no space left on the disk", "free some")),
    **dict.fromkeys((errno.EACCES, errno.EPERM), ("not allowed", "make it readable and its folder writable")),
    errno.EROFS: ("the disk is read-only", "make its folder writable"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), ("too many open files", "raise the limit, `ulimit -n`,")),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ETIMEDOUT), ("the disk or the network failed", "look at it")),
    errno.ENOLCK: ("no locks on its file system", "set HDF5_USE_FILE_LOCKING=FALSE"),
    errno.EAGAIN: ("locked by another program", "end that one"),
}
"""Error number of the system -> reason, and what to do before running again."""


class Advice(NamedTuple):
    """Advice on a file that is broken, and on a whole one that is not what it should be."""

    broken: str
    wrong: str


RESULT = Advice("delete it and run again", "move it away and run again")
"""Advice on a file that the workflow makes."""

GIVEN = Advice("put a whole copy in its place", "correct it, or take it out of its folder")
"""Advice on a file that a user has brought."""

SEALED = {"checksum": "SHA-256 of the file up to the line at its end that gives it"}
"""Attribute of a file that ends with a checksum."""


def describe(dataset: xr.Dataset, contract: Contract) -> xr.Dataset:
    """Return the dataset with the contract's units, long names, dtypes and the meaning of its dimensions filled in."""
    described = {}
    for name, variable in (*contract.variables.items(), *contract.optional.items()):
        if name in dataset:
            array = dataset[name].copy()
            if variable.dtype != "str":
                array = array.astype(variable.dtype)
            array.attrs = {"units": variable.units, "long_name": variable.long_name, **variable.attributes}
            described[name] = array
    meanings = DIMENSIONS | dict(contract.dimensions)
    # At once: every assignment to a dataset aligns all of its variables.
    dataset = dataset.assign(described)
    for label in dataset.variables.keys() - described.keys():
        # Further attributes would be those of what the variable was computed from.
        dataset[label].attrs = {name: text for name, text in dataset[label].attrs.items() if name in ATTRIBUTES}
    for dim in dataset.dims:
        if dim not in dataset.coords and dim in NUMBERED:
            dataset = dataset.assign_coords({dim: np.arange(dataset.sizes[dim], dtype=np.int32)})
        if dim in dataset.coords:
            dataset[dim].attrs.setdefault("long_name", meanings[str(dim)])
            units = "s" if dim in ("rate_time", "weight_time") else "1"
            dataset[dim].attrs.setdefault("units", units)
    return dataset


def dimensionless(dims: tuple[str, ...], values: np.ndarray, meaning: str) -> tuple[Any, ...]:
    """Return a variable of unit 1 in single precision that no contract describes.

    Args:
        dims: one name an axis of `values`.
        meaning: its long name.
    """
    return dims, np.asarray(values, np.float32), {"units": "1", "long_name": meaning}


def join_rules(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return datasets of different rules as one; xarray alone would cut the rules' names to the length of the first."""
    names = np.concatenate([part["rule"].values.astype(object) for part in parts])
    joined = xr.concat([part.drop_vars("rule") for part in parts], "rule", data_vars="minimal")
    return joined.assign_coords(rule=names)


def validate(dataset: xr.Dataset, contract: Contract, where: str) -> None:
    """Check variables, dimensions, units and names against the contract.

    Raises:
        DatasetError: the first thing that is wrong, with `where`.
    """
    if dataset.sizes.get("rule") == 0:
        # A batch that no rule fell into.
        return
    _require("variable", contract.variables, dataset, contract, where)
    for name, variable in (*contract.variables.items(), *contract.optional.items()):
        if name not in dataset:
            continue
        if dataset[name].dims != variable.dims:
            raise DatasetError(
                f"{where}: variable {name!r} has dimensions {dataset[name].dims}; expected {variable.dims}"
            )
        if dataset[name].dtype.kind not in ("OUT" if variable.dtype == "str" else "fiu"):
            kind = "text" if variable.dtype == "str" else "numbers"
            raise DatasetError(f"{where}: variable {name!r} is of type {dataset[name].dtype}; expected {kind}")
        if dataset[name].attrs.get("units") != variable.units:
            raise DatasetError(
                f"{where}: variable {name!r} is in {dataset[name].attrs.get('units')!r}; expected {variable.units!r}"
            )
    for label, array in dataset.variables.items():
        for attribute in ATTRIBUTES:
            if attribute not in array.attrs:
                raise DatasetError(f"{where}: variable {label!r} has no {attribute}")
    _require("attribute", contract.attributes, dataset.attrs, contract, where)
    if unknown := set(dataset.dims) - set(DIMENSIONS) - set(contract.dimensions):
        raise DatasetError(f"{where}: unknown dimensions {sorted(map(str, unknown))}")
    for dim in sorted(LABELLED & set(dataset.dims)):
        labels = dataset[dim].values if dim in dataset.coords else np.empty(0)
        if labels.dtype.kind not in "OUT" or len(set(labels)) < len(labels) or not len(labels):
            raise DatasetError(f"{where}: dimension {dim!r} must have a coordinate that gives each entry its own name")


def _require(what: str, needed: Iterable[str], there: Container[Any], contract: Contract, where: str) -> None:
    if missing := [repr(name) for name in needed if name not in there]:
        raise DatasetError(f"{where}: no {what} {', '.join(missing)}, which a {contract.kind} file must have")


def described(dataset: xr.Dataset, contract: Contract, where: str, attributes: Mapping[str, Any]) -> xr.Dataset:
    """Return a dataset in the form that is written to a file: described, with its global attributes, and validated.

    Raises:
        DatasetError: the dataset breaks the contract; `where` tells which.
    """
    dataset = describe(dataset, contract)
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "title": contract.title,
        "kind": contract.kind,
        "schema_version": np.int32(contract.version),
    } | dict(attributes)
    validate(dataset, contract, where)
    return dataset


def write(dataset: xr.Dataset, contract: Contract, path: Path | str, attributes: Mapping[str, Any]) -> None:
    """Validate a dataset and write it, whole or not at all.

    The file is written under a temporary name in the same folder, then moved. The same dataset gives the same bytes.

    Raises:
        DatasetError: the dataset breaks the contract, or the disk is full or not writable.
    """
    path = Path(path)
    dataset = described(dataset, contract, str(path), SEALED | dict(attributes))
    encoding = {name: _encoding(array, name in dataset.coords) for name, array in dataset.variables.items()}
    temporary = Path(tempfile.mktemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=encoding)
        _seal(temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        raise DatasetError(write_error(error, path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _encoding(array: xr.Variable, is_coordinate: bool) -> dict[str, Any]:
    """Return how a variable is stored: all of it, so that nothing is taken over from a file that it was read from."""
    encoding: dict[str, Any] = {}
    if array.dtype.kind in "OUT":
        # Characters of a fixed number, in UTF-8: programs that know no text of variable length read them too.
        encoding["dtype"] = "S1"
    elif array.nbytes >= COMPRESSED:
        encoding |= {"zlib": True, "complevel": 4, "shuffle": True}
    if is_coordinate:
        # CF: a coordinate has no missing values.
        encoding["_FillValue"] = None
    return encoding


def _seal(path: Path) -> None:
    """Append the checksum, and flush the file to the disk."""
    with open(path, "r+b") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.write(SEAL + digest.encode())
        stream.flush()
        os.fsync(stream.fileno())


def seal_of(path: Path, advice: Advice = RESULT) -> str | None:
    """Return the checksum at the end of a file; None without one.

    Raises:
        DatasetError: the checksum does not match the content.
    """
    digest, left = hashlib.sha256(), max(0, path.stat().st_size - SEAL_SIZE)
    with open(path, "rb") as stream:
        stream.seek(left)
        end = stream.read()
        if not end.startswith(SEAL):
            return None
        stream.seek(0)
        while block := stream.read(min(left, BLOCK)):
            digest.update(block)
            left -= len(block)
    if digest.hexdigest().encode() != end[len(SEAL) :]:
        raise DatasetError(f"{path}: damaged: its checksum does not match its content; {advice.broken}")
    return digest.hexdigest()


def write_error(error: Exception, path: Path | str) -> str:
    """Return a message with the failure and its remedy; of a full disk the NetCDF library says only `HDF error`."""
    code = error.errno if isinstance(error, OSError) else None
    if code not in SYSTEM_ERRORS and _is_full(Path(path)):
        code = errno.ENOSPC
    reason, mend = SYSTEM_ERRORS.get(code, (_in_one_line(error), "check the space and the quota of the disk"))
    return f"{path}: could not be written ({reason}); nothing was kept of it: {mend} and run again"


def _is_full(path: Path) -> bool:
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize < 1 << 20


def read_error(error: Exception, path: Path | str, whole: bool = False, advice: Advice = RESULT) -> str:
    """Return a message with the reason why a file cannot be read, and its remedy.

    Args:
        whole: whether its checksum was found right.
    """
    code = error.errno if isinstance(error, OSError) else None
    if code is not None and code > 0:
        # Of the system; those of the NetCDF library are negative.
        reason, mend = SYSTEM_ERRORS.get(code, (os.strerror(code), "mend that"))
        return f"{path}: could not be read ({reason}): {mend} and run again"
    reason = _in_one_line(error)
    if whole:
        return (
            f"{path}: whole, but the NetCDF library cannot read it ({reason}): look at the version of netCDF4 and at "
            "HDF5_USE_FILE_LOCKING, and run again"
        )
    return f"{path}: not a readable NetCDF file ({reason}), it may be truncated; {advice.broken}"


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def file_error(error: OSError, path: Path | str) -> str:
    """Return a message with what the system says of the file that it names, or else, in writing, of `path`."""
    if error.filename is None or error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        return write_error(error, error.filename or path)
    return read_error(error, error.filename)


@contextmanager
def reading(path: Path | str, whole: bool = False, advice: Advice = RESULT) -> Iterator[None]:
    """Report whatever fails in reading a file as one line; arguments as of `read_error`.

    Raises:
        DatasetError: there is no such file, or it cannot be read.
    """
    try:
        yield
    except (DatasetError, MemoryError):
        raise
    except FileNotFoundError:
        raise DatasetError(f"{path}: there is no such file") from None
    except Exception as error:
        # Whatever the NetCDF library makes of a file that is none.
        raise DatasetError(read_error(error, path, whole, advice)) from error


def read(path: Path | str, contract: Contract, advice: Advice = RESULT) -> xr.Dataset:
    """Read a whole file and check that it is of the expected kind and satisfies its contract.

    Args:
        advice: what a message tells to do about the file.

    Raises:
        DatasetError: it is missing, truncated, damaged, of another kind, of another schema version, or breaks the
            contract; or the system does not let it be read.
    """
    path = Path(path)
    with reading(path, advice=advice):
        sealed = seal_of(path, advice)
    with (
        reading(path, sealed is not None, advice),
        xr.open_dataset(path, engine="netcdf4", decode_timedelta=False) as opened,
    ):
        dataset = opened.load()
    if (kind := dataset.attrs.get("kind")) != contract.kind:
        raise DatasetError(f"{path}: a {contract.kind} file is needed, this one is of kind {kind!r}; {advice.wrong}")
    if (version := dataset.attrs.get("schema_version")) != contract.version:
        raise DatasetError(
            f"{path}: written with schema version {version}, this release reads {contract.version}; {advice.wrong}"
        )
    try:
        validate(dataset, contract, str(path))
    except DatasetError as error:
        raise DatasetError(f"{error}; {advice.wrong}") from None
    if dataset.attrs.pop("checksum", None) and not sealed:
        raise DatasetError(f"{path}: changed or damaged after it was written; {advice.broken}")
    return dataset
