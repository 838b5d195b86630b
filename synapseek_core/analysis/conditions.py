"""Fitness of the same rules in several conditions as one dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr


def join_conditions(fitness: Mapping[str, xr.Dataset], measures: Sequence[str] | None = None) -> xr.Dataset:
    """Return the measures that all conditions have with the same dimensions, with a dimension `condition`.

    Args:
        fitness: label of a condition -> fitness of the rules.
        measures: names of those that are wanted; None: all.
    """
    parts = list(fitness.values())
    shared = shared_measures(parts) if measures is None else list(measures)
    labels = xr.DataArray(np.array(list(fitness), dtype=object), dims="condition", name="condition")
    joined = xr.concat([part[shared] for part in parts], labels, data_vars=shared, coords="minimal", compat="override")
    return joined.transpose("rule", "condition", "trial", ...)


def shared_measures(parts: Sequence[xr.Dataset]) -> list[str]:
    """Return the names of the variables that all datasets have with the same dimensions."""
    first, *others = parts
    return [
        str(name)
        for name, measure in first.data_vars.items()
        if all(name in one and one[name].dims == measure.dims for one in others)
    ]
