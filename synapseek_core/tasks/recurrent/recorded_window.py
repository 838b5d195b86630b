"""Metrics of the activity of every network of a simulation, from its spikes and weights in a recorded window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from synapseek_core.measures.metric import NetworkActivity, SpikeTrains, WeightCourse
from synapseek_core.measures.registry import METRICS
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.status import Status
from synapseek_core.tasks.recurrent.spiking import SYNAPSE_TYPES

Spikes = tuple[np.ndarray, np.ndarray]
"""Times since the start of the trial in s, and neuron ids."""

ROUNDING = TIME_STEP / 2
"""Times of files are in single precision."""


def metrics_of_networks(
    activity: xr.Dataset, metrics: Sequence[str], neurons: Sequence[int], excitatory: int, learning: Sequence[str]
) -> xr.Dataset:
    """Return `metric_<name>` (rule, trial) of every metric; missing where a trial was stopped.

    Args:
        activity: contract `spiking_activity`, with one window and the spikes of all rules.
        metrics: their names.
        neurons: ids of the recorded neurons, increasing.
        excitatory: ids below this are excitatory neurons.
        learning: synapse types whose weights change.
    """
    asked = {name: METRICS[name] for name in metrics}
    values = np.full((len(asked), activity.sizes["rule"], activity.sizes["trial"]), np.nan)
    for rule, trial, spikes in _networks(activity):
        one = activity.isel(rule=rule, trial=trial, window=0)
        if one["status"] == Status.ok:
            network = _network_activity(one, spikes, np.asarray(neurons), excitatory, learning)
            values[:, rule, trial] = [metric.of(network) for metric in asked.values()]
    return xr.Dataset(
        {
            f"metric_{name}": (
                ("rule", "trial"),
                own.astype(np.float32),
                {"units": metric.units, "long_name": f"{metric.long_name}; missing where the trial was stopped"},
            )
            for (name, metric), own in zip(asked.items(), values, strict=True)
        }
    )


def _networks(activity: xr.Dataset) -> Iterator[tuple[int, int, Spikes]]:
    """Yield every rule in every trial, with its spikes; in the file they are ordered by rule, then trial."""
    rules, trials = activity.sizes["rule"], activity.sizes["trial"]
    network = activity["spike_rule"].values * trials + activity["spike_trial"].values
    edges = np.searchsorted(network, np.arange(rules * trials + 1))
    times, neurons = activity["spike_time"].values, activity["spike_neuron"].values
    for k, own in enumerate(map(slice, edges[:-1], edges[1:])):
        yield *divmod(k, trials), (times[own], neurons[own])


def _network_activity(
    one: xr.Dataset, spikes: Spikes, neurons: np.ndarray, excitatory: int, learning: Sequence[str]
) -> NetworkActivity:
    """Return the activity of one network in the window."""
    start, duration = float(one["window_start"]), float(one["window_stop"] - one["window_start"])
    steps = np.rint((spikes[0].astype(np.float64) - start) / TIME_STEP)
    during = (steps >= 0) & (steps < round(duration / TIME_STEP))
    times, who = steps[during] * TIME_STEP, spikes[1][during]

    def trains(chosen: np.ndarray, recorded: np.ndarray) -> SpikeTrains:
        return SpikeTrains(times[chosen], np.searchsorted(recorded, who[chosen]), len(recorded), duration)

    courses = _weight_courses(one, start, duration)
    final = {name: float(course.sample[-1].mean()) for name, course in courses.items()}
    return NetworkActivity(
        trains(who < excitatory, neurons[neurons < excitatory]),
        trains(who >= excitatory, neurons[neurons >= excitatory]),
        {name: courses[name] for name in learning},
        {name: float(one[f"weight_{name}"]) for name in SYNAPSE_TYPES} | final,
    )


def _weight_courses(one: xr.Dataset, start: float, duration: float) -> dict[str, WeightCourse]:
    """Return the time courses of the sampled weights of every plastic synapse type, by its name, in the window."""
    since = one["weight_time"].values - start
    inside = (since > -ROUNDING) & (since < duration + ROUNDING)
    samples = one["weight_sample"].values[:, inside]
    return {
        str(name): WeightCourse(sample, float(one[f"maximum_weight_{name}"]))
        for name, sample in zip(one["synapse_type"].values, samples, strict=True)
    }
