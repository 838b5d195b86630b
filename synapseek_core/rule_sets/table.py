"""Rules from a table of the user's: a CSV or NetCDF file, one row a rule, one column a parameter.

Columns are the names of parameters, `IE.tau_pre`; in CSV a unit may stand behind in brackets, `IE.tau_pre [s]`. Two
further columns may be there: `name`, and `input_rate`, the background rate in Hz that the rule's trials have.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.errors import DatasetError
from synapseek_core.files.datasets import GIVEN, reading, seal_of
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.rule_sets.rule_set import RuleSet, rules

NAME, INPUT_RATE = "name", "input_rate"
HEADER = re.compile(r"(?P<name>[^\[\]]+?)\s*(?:\[(?P<unit>[^\[\]]*)\])?")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        heading: as it is written.
        name: without the unit.
        unit: None where none is given.
        values: (row,) text or numbers.
    """

    heading: str
    name: str
    unit: str | None
    values: Sequence[Any]


def table(path: Path) -> RuleSet:
    """Return the rule set of a file."""

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        return read_table(path, settings.rule_space)

    def count(settings: StudySettings) -> int:
        return len(_columns(path)[0].values)

    def depends(settings: StudySettings) -> dict[str, Any]:
        # The content, not the time of the file.
        return {"table": hashlib.sha256(path.read_bytes()).hexdigest()}

    return RuleSet(sample, count, files=(path,), depends=depends)


def read_table(path: Path, space: RuleSpace) -> xr.Dataset:
    """Read a table of rules (contract `rules`).

    Raises:
        DatasetError: the file, row and column of what is wrong, and what is allowed.
    """
    columns = {column.name: column for column in _columns(path)}
    _check_columns(path, columns, space)
    theta = np.stack([_numbers(path, columns[name], space.parameters[k].unit) for k, name in enumerate(space.names)], 1)
    _check_domains(path, theta, space)
    names = _names(path, columns.get(NAME), len(theta))
    dataset = rules(space, theta, names, [True] * len(names))
    if INPUT_RATE not in columns:
        return dataset
    rates = _numbers(path, columns[INPUT_RATE], "Hz")
    for row in np.flatnonzero(rates < 0)[:1]:
        raise DatasetError(f"{_place(path, row, columns[INPUT_RATE])} = {rates[row]:g}; allowed: 0 Hz and more")
    attributes = {"units": "Hz", "long_name": "background rate of the inputs that the rule meets"}
    return dataset.assign(input_rate=("rule", rates, attributes))


def _columns(path: Path) -> list[Column]:
    """Return the columns of a file, by its ending."""
    if not path.is_file():
        raise DatasetError(f"{path}: there is no such file")
    return _columns_of(path, path.stat().st_mtime_ns)


@lru_cache
def _columns_of(path: Path, changed: int) -> list[Column]:
    """Return the columns of a file that was last changed at this time: plans ask for them again and again."""
    if path.suffix == ".csv":
        return _csv_columns(path)
    if path.suffix == ".nc":
        return _netcdf_columns(path)
    raise DatasetError(f"{path}: a table of rules is a .csv or a .nc file")


def _csv_rows(path: Path) -> list[list[str]]:
    """Return the cells of a CSV file, without empty lines."""
    with reading(path, advice=GIVEN), open(path, newline="", encoding="utf-8-sig") as stream:
        try:
            return [row for row in csv.reader(stream, skipinitialspace=True) if any(cell.strip() for cell in row)]
        except (UnicodeDecodeError, csv.Error) as error:
            raise DatasetError(f"{path}: not a CSV file in UTF-8 ({error})") from None


def _csv_columns(path: Path) -> list[Column]:
    rows = _csv_rows(path)
    if len(rows) < 2:
        raise DatasetError(f"{path}: has no row of a rule; needed: a line of column names, then a line a rule")
    headings = [heading.strip() for heading in rows[0]]
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(headings):
            raise DatasetError(f"{path}: row {number} has {len(row)} columns, the line of names has {len(headings)}")
    columns = []
    for k, heading in enumerate(headings):
        found = HEADER.fullmatch(heading)
        if found is None:
            raise DatasetError(f"{path}: column {heading!r} has no name; allowed: a name, or a name and [unit]")
        columns.append(Column(heading, found["name"], found["unit"], [row[k].strip() for row in rows[1:]]))
    if twice := [c.name for k, c in enumerate(columns) if c.name in {other.name for other in columns[:k]}]:
        raise DatasetError(f"{path}: column {twice[0]!r} is there twice")
    return columns


def _netcdf_columns(path: Path) -> list[Column]:
    """Return the columns of a NetCDF file: its variables over one dimension, or a file of contract `rules`."""
    with reading(path, advice=GIVEN):
        seal_of(path, GIVEN)
        with xr.open_dataset(path, engine="netcdf4", decode_timedelta=False) as opened:
            dataset = opened.load()
    if "theta" in dataset and dataset["theta"].dims == ("rule", "parameter"):
        units = (
            dataset["parameter_units"].values if "parameter_units" in dataset else [None] * len(dataset["parameter"])
        )
        named = zip(dataset["parameter"].values, units, dataset["theta"].values.T, strict=True)
        columns = [Column(str(name), str(name), unit and str(unit), list(values)) for name, unit, values in named]
        columns.append(Column("rule", NAME, None, [str(name) for name in dataset["rule"].values]))
        if INPUT_RATE in dataset and dataset[INPUT_RATE].dims == ("rule",):
            columns.append(Column(INPUT_RATE, INPUT_RATE, "Hz", list(dataset[INPUT_RATE].values)))
        return columns
    rows = {variable.dims for variable in dataset.data_vars.values()}
    if len(rows) != 1 or len(next(iter(rows))) != 1:
        raise DatasetError(
            f"{path}: its variables have dimensions {sorted(rows)}; needed: one dimension, one row a rule"
        )
    return [
        Column(str(name), str(name), variable.attrs.get("units"), list(variable.values))
        for name, variable in dataset.data_vars.items()
    ]


def _check_columns(path: Path, columns: dict[str, Column], space: RuleSpace) -> None:
    known = (*space.names, NAME, INPUT_RATE)
    for name, column in columns.items():
        if name not in known:
            raise DatasetError(f"{path}: column {column.heading!r} is no parameter; allowed: {', '.join(known)}")
    for name in space.names:
        if name not in columns:
            raise DatasetError(f"{path}: no column {name!r}; needed: {', '.join(space.names)}")


def _place(path: Path, row: int, column: Column) -> str:
    return f"{path}: row {row + 1}, column {column.heading!r}"


def _numbers(path: Path, column: Column, unit: str) -> np.ndarray:
    """Return the numbers (row,) of a column, which must be finite and in a unit."""
    if column.unit is not None and column.unit.strip() != unit:
        raise DatasetError(f"{path}: column {column.heading!r} is in {column.unit!r}; allowed: {unit!r}")
    numbers = np.empty(len(column.values))
    for row, value in enumerate(column.values):
        try:
            numbers[row] = float(value)
        except (TypeError, ValueError):
            numbers[row] = np.nan
        if not np.isfinite(numbers[row]):
            shown = repr(value) if isinstance(value, str) else f"{value}"
            raise DatasetError(f"{_place(path, row, column)} = {shown}; allowed: a finite number")
    return numbers


def _check_domains(path: Path, theta: np.ndarray, space: RuleSpace) -> None:
    """Refuse values that a parameter cannot have, as a time constant of 0."""
    for scale, places in space.columns.items():
        for row, place in np.argwhere(~((scale.low < theta[:, places]) & (theta[:, places] < scale.high)))[:1]:
            name = space.names[places[place]]
            raise DatasetError(
                f"{path}: row {row + 1}, column {name!r} = {theta[row, places[place]]:g}; allowed: {scale.domain}"
            )


def _names(path: Path, column: Column | None, count: int) -> list[str]:
    if column is None:
        return [f"rule_{k + 1}" for k in range(count)]
    names = [str(name) for name in column.values]
    for row, name in enumerate(names):
        if not name or name in names[:row]:
            what = "no name" if not name else f"{name!r} again"
            raise DatasetError(f"{_place(path, row, column)}: {what}; allowed: a name of its own for each rule")
    return names
