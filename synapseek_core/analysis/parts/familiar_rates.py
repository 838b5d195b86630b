"""Excitatory rates under every rule while the familiar and while the novel pattern is on."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.analysis.parts.part import Part, Tables
from synapseek_core.interfaces.study import Study
from synapseek_core.runtime import Compute


def _run(study: Study, rules: Tables, fitness: Tables, compute: Compute) -> xr.Dataset:
    rate = [fitness[name]["rate"].sel(population="E").mean("trial") for name in rules]
    text = "excitatory rate while the {} pattern is on, mean over trials that ended"
    return xr.Dataset(
        {
            f"{test}_rate": (
                "rule",
                np.concatenate([part.sel(window=test).values for part in rate]).astype(np.float32),
                {"units": "Hz", "long_name": text.format(test)},
            )
            for test in ("familiar", "novel")
        }
    )


PART = Part(_run)
