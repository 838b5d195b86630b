"""Reading of any result by the kind that it declares."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import xarray as xr

from synapseek_core.errors import DatasetError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.registry import CONTRACTS


def read(path: Path | str) -> xr.Dataset:
    """Read a whole result and check that it satisfies the contract of the kind that it declares.

    Raises:
        DatasetError: as `files.datasets.read`; or the file is of no kind that this project makes.
    """
    if not Path(path).exists():
        raise DatasetError(f"{path}: there is no such file")
    with netCDF4.Dataset(path) as opened:
        kind = str(getattr(opened, "kind", ""))
    if kind not in CONTRACTS:
        raise DatasetError(f"{path}: is of kind {kind!r}; allowed: {', '.join(CONTRACTS)}")
    return datasets.read(path, CONTRACTS[kind])
