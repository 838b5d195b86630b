"""Rules in the published network of four plastic types, beside runs of the original program.

    python benchmarks/reference_rules.py [--seeds 10]

12 rules (4 made by hand, 8 from the prior), 20 s each, the last 10 s scored. The original ran once a rule; ours runs
with several seeds (their own network and input). Printed: each figure of the original, mean and standard deviation of
ours, and whether the original lies in the interval in which one more run of ours would lie with probability 0.99.
"""

from __future__ import annotations

import argparse

import numpy as np
from network import INITIAL_WEIGHT, SYNAPSE_TYPES, four_types, rates, reference_rules
from scipy.stats import t as student
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Recording
from synapseek_core.status import Status

SCORED_FROM, SECONDS, RECORDED = 10.0, 20.0, 1000


def cv_of_intervals(spikes: np.ndarray, neurons: int) -> float:
    """Return the mean over neurons of std / mean of the intervals of spikes, 0 for neurons with fewer than 3."""
    values = np.zeros(neurons)
    for neuron in range(neurons):
        intervals = np.diff(spikes[spikes[:, 1] == neuron, 0])
        if len(intervals) >= 3:
            values[neuron] = intervals.std() / intervals.mean()
    return float(values.mean())


def run(theta: np.ndarray, input_rate: float, seed: int) -> tuple[bool, float, np.ndarray]:
    """Return whether a rule was stopped, when, and its figures: E and I rate, mean and sd of weights, CV."""
    network, trial = four_types(
        seconds=SECONDS,
        input_rate=input_rate,
        number=seed,
        weight=INITIAL_WEIGHT,
        highest_rate=100.0,
        scored_from=SCORED_FROM,
    )
    recording = Recording(neurons=tuple(range(RECORDED)), spike_rules=(0,))
    record = numba_backend.simulate(network, [trial], theta[None], recording, 1)[0][0]
    stopped = record.status != Status.ok
    scored = record.spikes[record.spikes[:, 0] >= trial.windows[0][0]]
    cv = np.nan if stopped else cv_of_intervals(scored, RECORDED)
    figures = np.concatenate([rates(network, trial, record), record.final_mean, record.final_sd, [cv]])
    return stopped, record.stop_time, figures


def names() -> list[str]:
    """Return the names of the figures."""
    weights = [f"{what} w_{kind}" for what in ("mean", "sd") for kind in SYNAPSE_TYPES]
    return ["E/Hz", "I/Hz", *weights, "CV of intervals"]


def compare(seeds: int) -> Table:
    """Return a table of all figures of all rules."""
    reference = reference_rules()
    table = Table(
        [
            Column("original", "1", "figure of the original program (rates in Hz)"),
            Column("mean", "1", "mean over our seeds"),
            Column("sd", "1", "standard deviation over our seeds"),
            Column("inside", "1", "1 if the original lies in the 99 % prediction interval of ours"),
        ]
    )
    for name in reference["rule"].values:
        one = reference.sel(rule=name)
        theta = one["theta"].values.astype(np.float32)
        runs = [run(theta, float(one["input_rate"]), seed) for seed in range(seeds)]
        stops = np.array([stop for _, stop, _ in runs])
        if one["stopped"]:
            all_stopped = all(stopped for stopped, _, _ in runs)
            table.add(f"{name}: stopped at (s)", float(one["stop_time"]), stops.mean(), stops.std(ddof=1), all_stopped)
            continue
        original = [*one["rate"].values, *one["weight_mean"].values, *one["weight_sd"].values, float(one["cv_isi"])]
        ours = np.array([figures for _, _, figures in runs])
        # Figures that do not vary agree if they are equal up to the digits that the original printed.
        half = student.ppf(0.995, seeds - 1) * ours.std(axis=0, ddof=1) * np.sqrt(1 + 1 / seeds)
        for k, what in enumerate(names()):
            inside = abs(original[k] - ours[:, k].mean()) <= half[k] + 1e-4
            table.add(f"{name}: {what}", original[k], ours[:, k].mean(), ours[:, k].std(ddof=1), inside)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rules beside runs of the original program")
    parser.add_argument("--seeds", type=int, default=10, help="seeds of our own")
    arguments = parser.parse_args()
    print(runtime.describe_device("numba"))
    table = compare(arguments.seeds)
    inside = np.array([row[-1] for row in table.rows])
    print(f"{int(inside.sum())} of {len(inside)} inside")
    table.save("reference_rules", runtime.describe_device("numba"))
