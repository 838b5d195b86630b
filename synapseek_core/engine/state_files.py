"""Saved networks as datasets of the contract `network_state`; `files.datasets` writes and reads them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from synapseek_core.engine.network_state import NetworkState, Traces


def to_dataset(state: NetworkState) -> xr.Dataset:
    """Return a saved network as a dataset, from which `from_dataset` restores it bit for bit."""
    presynaptic_traces, presynaptic, presynaptic_units = _joined(state.presynaptic)
    postsynaptic_traces, postsynaptic, postsynaptic_units = _joined(state.postsynaptic)
    by_projection = "plastic_projection"
    return xr.Dataset(
        {
            "elapsed_steps": np.int64(state.steps),
            "neuron_state": (("state_variable", "neuron"), np.stack(list(state.neurons.values()))),
            "weight": ("plastic_synapse", np.concatenate([np.empty(0, np.float32), *state.weights.values()])),
            "synapses": (by_projection, [len(weights) for weights in state.weights.values()]),
            "connectivity": (by_projection, list(state.connectivity.values())),
            "presynaptic": (("presynaptic_trace", "presynaptic_unit"), presynaptic),
            "presynaptic_units": (by_projection, presynaptic_units),
            "postsynaptic": (("postsynaptic_trace", "postsynaptic_unit"), postsynaptic),
            "postsynaptic_units": (by_projection, postsynaptic_units),
            "under_way": (("delay_step", "neuron"), state.under_way),
            "filtered_rate": state.filtered_rate,
            "rate_rounding": state.rate_rounding,
        },
        {
            "state_variable": list(state.neurons),
            by_projection: _labels(list(state.weights)),
            "presynaptic_trace": _labels(presynaptic_traces),
            "postsynaptic_trace": _labels(postsynaptic_traces),
        },
    )


def from_dataset(dataset: xr.Dataset) -> NetworkState:
    """Return the saved network that a dataset contains."""
    projections = _names(dataset, "plastic_projection")
    neurons = dataset["neuron_state"].values
    weights = _split(dataset["weight"].values, dataset["synapses"].values)
    return NetworkState(
        steps=int(dataset["elapsed_steps"]),
        neurons=dict(zip(_names(dataset, "state_variable"), neurons, strict=True)),
        weights=dict(zip(projections, weights, strict=True)),
        connectivity=dict(zip(projections, map(int, dataset["connectivity"].values), strict=True)),
        presynaptic=_traces(dataset, "presynaptic"),
        postsynaptic=_traces(dataset, "postsynaptic"),
        under_way=dataset["under_way"].values.astype(bool),
        filtered_rate=float(dataset["filtered_rate"]),
        rate_rounding=float(dataset["rate_rounding"]),
    )


def _labels(names: Sequence[str]) -> np.ndarray:
    """Return names as an array of text, also where there are none."""
    return np.array(names, None if names else object)


def _names(dataset: xr.Dataset, dimension: str) -> list[str]:
    return [str(name) for name in dataset[dimension].values]


def _joined(traces: Traces) -> tuple[list[str], np.ndarray, list[int]]:
    """Return names, (trace, unit) values, one projection after the other, and the number of units of each."""
    names = list(next(iter(traces.values()), {}))
    rows = [[of_projection[name] for of_projection in traces.values()] for name in names]
    sizes = [len(values) for values in rows[0]] if rows else [0] * len(traces)
    return names, np.array([np.concatenate(row) for row in rows], np.float32).reshape(len(names), sum(sizes)), sizes


def _split(values: np.ndarray, sizes: np.ndarray) -> list[np.ndarray]:
    """Return the parts of each projection, along the last axis."""
    return np.split(values, np.cumsum(sizes)[:-1], axis=-1) if len(sizes) else []


def _traces(dataset: xr.Dataset, side: str) -> Traces:
    parts = _split(dataset[side].values, dataset[f"{side}_units"].values)
    names = _names(dataset, f"{side}_trace")
    return {
        projection: dict(zip(names, part, strict=True))
        for projection, part in zip(_names(dataset, "plastic_projection"), parts, strict=True)
    }
