"""The activity file of a spiking network, made from the records of its trials, and quantities read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.engine.network import CHUNK_STEPS, Network, Trial
from synapseek_core.engine.records import Record, Recording
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.datasets import describe
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.tasks.recurrent.recording import RecordingSettings
from synapseek_core.tasks.recurrent.windows import inside_windows, window_rates

FINAL_WEIGHTS = {
    "final_weight_mean": "final_mean",
    "final_weight_sd": "final_sd",
    "weight_at_bounds": "at_bounds",
}


COURSES = ("rate", "weight_mean", "weight_sd", "weight_sample")
"""Time courses, which fill most of a file."""


def activity_dataset(
    recording: RecordingSettings,
    network: Network,
    trials: Sequence[Trial],
    nuisance: Sequence[Any],
    units: Mapping[str, str],
    records: Sequence[Sequence[Record]],
    names: Sequence[str],
    windows: Sequence[str],
) -> xr.Dataset:
    """Return the activity dataset (contract `spiking_activity`) of a set of records.

    Args:
        trials: [trial] of one rule; of others all but connectivity, input and nuisance parameters is the same.
        nuisance: parameters by name, [trial], or [rule][trial] where rules are evaluated on trials of their own.
        units: of those that have one, by name.
        records: [rule][trial].
        windows: names of the scored windows.
    """
    width = recording.bin
    sizes = np.array([group.size for group in network.populations])
    longest = max(trial.steps for trial in trials)
    every = Recording(recording.bin_steps, weight_chunks=recording.weight_chunks)
    bins, samples = every.bins(longest), every.weight_samples(longest)

    def stack(field: str, length: int, axis: int) -> np.ndarray:
        return np.array([[_pad(getattr(r, field), length, axis) for r in row] for row in records])

    stops = np.array([[r.stop_time for r in row] for row in records])
    edges = np.array([trial.windows for trial in trials]) * TIME_STEP
    time = (np.arange(bins) + 1) * width
    rate = stack("counts", bins, 1) / (sizes[:, None] * width)
    variables: dict[str, Any] = {
        "status": (("rule", "trial"), [[int(r.status) for r in row] for row in records]),
        "stop_time": (("rule", "trial"), stops),
        "duration": (("trial",), [t.steps * TIME_STEP for t in trials]),
        "window_start": (("trial", "window"), edges[..., 0]),
        "window_stop": (("trial", "window"), edges[..., 1]),
        # A bin that the trial did not complete has no rate.
        "rate": (
            ("rule", "trial", "population", "rate_time"),
            np.where(time <= stops[:, :, None, None] + width / 2, rate, np.nan),
        ),
        "filtered_rate": (("rule", "trial", "rate_time"), stack("filtered_rate", bins, 0)),
        "rate_sd": (("rule", "trial", "population", "window"), _spread(network, records, edges, stops)),
        "weight_mean": (("rule", "trial", "synapse_type", "weight_time"), stack("weight_mean", samples, 1)),
        "weight_sd": (("rule", "trial", "synapse_type", "weight_time"), stack("weight_sd", samples, 1)),
        "weight_sample": (
            ("rule", "trial", "synapse_type", "weight_time", "synapse"),
            stack("weight_sample", samples, 1),
        ),
        **{
            name: (("rule", "trial", "synapse_type"), [[getattr(r, field) for r in row] for row in records])
            for name, field in FINAL_WEIGHTS.items()
        },
    } | _spikes(records)
    dataset = xr.Dataset(
        variables,
        coords={
            "rule": list(names),
            "population": [group.name for group in network.populations],
            "synapse_type": list(network.plastic),
            "rate_time": time,
            "weight_time": np.arange(samples) * recording.weight_interval,
            "window": list(windows),
        },
    )
    dataset = dataset.assign(_nuisance_variables(nuisance, units) | {"window_rate": window_rates(dataset)})
    return describe(dataset, SPIKING_ACTIVITY)


def statistics_of_others(
    activity: xr.Dataset,
    kept: Sequence[int],
    courses: Sequence[str] = COURSES,
    scored: Sequence[str] = ("filtered_rate",),
) -> xr.Dataset:
    """Return the activity without the time courses of the rules that are not kept; their statistics stay.

    Args:
        kept: positions of the rules that keep everything.
        courses: names of the time courses that are left out.
        scored: names of those of which the scored windows stay.
    """
    whole = xr.DataArray(np.isin(np.arange(activity.sizes["rule"]), kept), dims="rule")
    inside = inside_windows(activity).any("window")
    shown = dict.fromkeys(courses, whole) | dict.fromkeys(scored, whole | inside)
    return activity.assign(
        {name: activity[name].where(where).transpose(*activity[name].dims) for name, where in shown.items()}
    )


def _spread(network: Network, records: Sequence[Sequence[Record]], edges: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Return the spread (rule, trial, population, window) of the neurons' rates in Hz.

    It is NaN where the window was not completed.
    """
    counts = np.array([[r.window_counts for r in row] for row in records])
    rates = counts / (edges[..., 1] - edges[..., 0])[..., None]
    spread = np.stack([rates[..., g.start : g.stop].std(axis=-1) for g in network.populations], axis=2)
    completed = edges[..., 1] <= stops[..., None] + TIME_STEP / 2
    return np.where(completed[:, :, None], spread, np.nan)


def _pad(array: np.ndarray, length: int, axis: int) -> np.ndarray:
    """Return a record of a shorter trial padded to a length, with NaN where no rate and no weight exist (counts: 0)."""
    missing = length - array.shape[axis]
    fill = 0 if array.dtype.kind == "i" else np.nan
    widths = [(0, missing if k == axis else 0) for k in range(array.ndim)]
    return np.pad(array, widths, constant_values=fill)


def _spikes(records: Sequence[Sequence[Record]]) -> dict[str, Any]:
    parts = [
        np.column_stack([r.spikes, np.full(len(r.spikes), rule), np.full(len(r.spikes), trial)])
        for rule, row in enumerate(records)
        for trial, r in enumerate(row)
    ]
    spikes = np.concatenate(parts)
    return {
        "spike_time": ("spike", spikes[:, 0] * TIME_STEP),
        "spike_neuron": ("spike", spikes[:, 1]),
        "spike_rule": ("spike", spikes[:, 2]),
        "spike_trial": ("spike", spikes[:, 3]),
    }


def _nuisance_variables(nuisance: Sequence[Any], units: Mapping[str, str]) -> dict[str, Any]:
    parameters = np.array(nuisance, object)
    dims, variables = ("rule", "trial")[-parameters.ndim :], {}
    for name in parameters.flat[0]:
        attributes = {"units": units.get(name, "1"), "long_name": f"{name.replace('_', ' ')} of the trial"}
        values = np.reshape([one[name] for one in parameters.flat], parameters.shape)
        variables[name] = (dims, values.astype(np.float32), attributes)
    return variables


def input_spikes(trials: Sequence[Trial], inputs: np.ndarray) -> xr.Dataset:
    """Return the spikes of some inputs in every trial, in the form of the contract `spiking_activity`."""
    parts = []
    for number, trial in enumerate(trials):
        for chunk in range(trial.chunks):
            step, source = trial.spikes.arrivals(chunk)
            kept = np.isin(source, inputs)
            time = (step[kept] + chunk * CHUNK_STEPS) * TIME_STEP
            parts.append(np.column_stack([time, source[kept], np.full(len(time), number)]))
    columns = np.concatenate(parts).T
    names = ("input_spike_time", "input_spike_source", "input_spike_trial")
    return xr.Dataset({name: ("input_spike", column) for name, column in zip(names, columns, strict=True)})
