"""Keep the trained flows of a posterior that is not finished, so that a job stopped at its time limit goes on."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from synapseek_core.errors import DatasetError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.inference import TRAINED_FLOW
from synapseek_core.files.provenance import package_versions

Trained = tuple[np.ndarray, dict[str, list[float]]]
"""Weights (weight,) of a flow, and its losses by epoch (`train`, `val`)."""


@dataclass(frozen=True)
class Unfinished:
    """Trained flows of a posterior, each in a file of its own.

    Attributes:
        folder: where the files are; None: nothing is kept.
        code_digest: of the code that trains the flows.
    """

    folder: Path | None = None
    code_digest: str = ""

    def flow(self, index: int, made_from: tuple[bytes, ...], train: Callable[[], Trained]) -> Trained:
        """Return a flow that was kept, or else train it and keep it.

        Args:
            index: number of the flow.
            made_from: settings, data and keys; a flow that was made from others, by other code or with other packages
                is trained anew.
        """
        if self.folder is None:
            return train()
        path = self.folder / f"{index}.nc"
        origin = _digest(self.code_digest.encode(), package_versions().encode(), *made_from)
        kept = _read(path)
        if kept is None or kept.attrs["origin"] != origin:
            weights, losses = train()
            kept = xr.Dataset(
                {
                    "flow_weights": ("flow_weight", weights),
                    "training_loss": ("epoch", losses["train"]),
                    "validation_loss": ("epoch", losses["val"]),
                }
            )
            datasets.write(kept, TRAINED_FLOW, path, {"origin": origin})
        losses = {"train": kept["training_loss"].values.tolist(), "val": kept["validation_loss"].values.tolist()}
        return kept["flow_weights"].values, losses


NOTHING = Unfinished()
"""No flow was kept, and none is."""


def _read(path: Path) -> xr.Dataset | None:
    """Return a kept flow; None where there is none, or none that can be read."""
    if not path.exists():
        return None
    try:
        return datasets.read(path, TRAINED_FLOW)
    except DatasetError as error:
        warnings.warn(f"this flow is trained again: {error}", stacklevel=2)
        return None


def _digest(*parts: bytes) -> str:
    """Return the SHA-256 of parts, each of which counts with its length."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
