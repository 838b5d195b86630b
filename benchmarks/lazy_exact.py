"""Lazy against exact form: the same networks, input and seeds, 8 rules over the prior box.

    python benchmarks/lazy_exact.py [--seconds 0.5] [--rules 8]

The network of four plastic types at published size. Both forms run the same rule; the lazy one clips weights only when
a presynaptic spike arrives, which matters where a rule's changes at postsynaptic spikes have both signs. As soon as one
spike differs the networks part, as they do after any change in the last digit: the root mean square difference of the
weights is given while all spikes are the same, and at the end.
"""

from __future__ import annotations

import argparse

import numpy as np
from network import INITIAL_WEIGHT, four_types, prior_rules
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.engine import numba_backend
from synapseek_core.engine.records import Recording


def compare(seconds: float, count: int) -> Table:
    """One row a rule, all types together."""
    table = Table(
        [
            Column("same_for", "s", "time until the first spike differs"),
            Column("rms_same", "1", "rms difference of sampled weights at the last sample before"),
            Column("rms_end", "1", "rms difference of sampled weights at the end"),
            Column("weight_sd", "1", "standard deviation of the weights at the end, mean over types"),
            Column("rate_exact", "Hz", "mean rate of all neurons in the exact form"),
            Column("rate_lazy", "Hz", "mean rate of all neurons in the lazy form"),
        ]
    )
    network, trial = four_types(seconds=seconds, weight=INITIAL_WEIGHT)
    recording = Recording(bin_steps=10, synapses=20000)
    for k, rule in enumerate(prior_rules(count)):
        exact, lazy = (
            numba_backend.simulate(network, [trial], rule[None], recording, 1, form)[0][0] for form in ("exact", "lazy")
        )
        differs = np.flatnonzero((exact.counts != lazy.counts).any(axis=0))
        same_for = (differs[0] if len(differs) else exact.counts.shape[1]) * 1e-3
        rms = np.sqrt(np.nanmean((exact.weight_sample - lazy.weight_sample) ** 2, axis=(0, 2)))
        per_neuron = [r.counts.sum() / network.n_neurons / seconds for r in (exact, lazy)]
        rms_same, sd = rms[int(same_for / 0.1 + 1e-6)], lazy.final_sd.mean()
        table.add(f"prior rule {k}", same_for, rms_same, rms[-1], sd, *per_neuron)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Lazy against exact form")
    parser.add_argument("--seconds", type=float, default=0.5, help="biological seconds")
    parser.add_argument("--rules", type=int, default=8, help="number of rules")
    arguments = parser.parse_args()
    print(runtime.describe_device("numba"))
    compare(arguments.seconds, arguments.rules).save("lazy_exact", runtime.describe_device("numba"))
