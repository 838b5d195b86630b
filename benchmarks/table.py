"""Tables of the benchmarks: on the terminal as they grow, and as NetCDF with device and versions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from files import RESULTS, attributes

from synapseek_core.files import datasets
from synapseek_core.files.contracts.benchmark import BENCHMARK


@dataclass(frozen=True)
class Column:
    """A column: its name, UDUNITS unit, and meaning."""

    name: str
    unit: str
    meaning: str


@dataclass
class Table:
    """Rows of numbers with a label; every row is printed when it is added."""

    columns: Sequence[Column]
    labels: list[str] = field(default_factory=list)
    rows: list[Sequence[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        heads = [f"{c.name}{'' if c.unit == '1' else '/' + c.unit}" for c in self.columns]
        print(f"{'':48}" + " ".join(f"{head:>{self._width(k)}}" for k, head in enumerate(heads)), flush=True)

    def _width(self, k: int) -> int:
        return max(10, len(self.columns[k].name) + len(self.columns[k].unit) + 1)

    def add(self, label: str, *values: float) -> None:
        """Add a row and print it."""
        self.labels.append(label)
        self.rows.append(values)
        cells = [f"{value:>{self._width(k)}.4g}" for k, value in enumerate(values)]
        print(f"{label:48}" + " ".join(cells), flush=True)

    def dataset(self) -> xr.Dataset:
        """Return the table as a dataset with dimension `case`."""
        values = np.array(self.rows, np.float32).reshape(len(self.rows), len(self.columns))
        return xr.Dataset(
            {
                c.name: ("case", values[:, k], {"units": c.unit, "long_name": c.meaning})
                for k, c in enumerate(self.columns)
            },
            coords={"case": self.labels},
        )

    def save(self, name: str, device: str) -> None:
        """Write results/NAME.nc."""
        described = attributes(name, {"arguments": sys.argv[1:]}, device=device)
        datasets.write(self.dataset(), BENCHMARK, RESULTS / f"{name}.nc", described)
