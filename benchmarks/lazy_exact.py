"""Lazy against exact form: the same networks, input and seeds, 8 rules over the prior box.

    python benchmarks/lazy_exact.py [--seconds 0.5] [--rules 8]

The network of four plastic types at published size; the rules as drawn, and with every presynaptic time constant at 5
and at 100 ms, which the interval of the lazy form's settlements follows. Both forms run the same rule; the lazy one
clips weights only when a presynaptic spike arrives, which matters where a rule's changes at postsynaptic spikes have
both signs. As soon as one spike differs the networks part, as they do after any change in the last digit: the root mean
square difference of the weights is given while all spikes are the same, and at the end; beside it that of the exact
form and itself with every parameter of the rule a millionth larger or smaller (the larger difference of the two), which
is what so small a change does to such a network.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from network import INITIAL_WEIGHT, four_types, prior_rules
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.engine.forms import Form
from synapseek_core.engine.network import CHUNK_STEPS, Network, Trial
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Record, Recording
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

CHANGES = (1 - 1e-6, 1 + 1e-6)
"""Factors of a rule's parameters: some units in the last place of float32, like the differences of the two forms."""

BIN_STEPS = 10

PARAMETERS = SPIKING_FAMILIES["pair"].parameter_names

TAU_PRE = {"prior rule": None, "tau_pre 5 ms, rule": 0.005, "tau_pre 100 ms, rule": 0.1}
"""Presynaptic time constant in s of all types; None: as drawn from the prior."""


@dataclass(frozen=True)
class Difference:
    """Two runs: seconds until the first spike differs; rms difference of sampled weights until then, and at the end."""

    same_for: float
    rms_same: float
    rms_end: float


def difference(one: Record, other: Record) -> Difference:
    """Return the difference of two records of the same network."""
    differs = np.flatnonzero((one.counts != other.counts).any(axis=0))
    same_for = (differs[0] if len(differs) else one.counts.shape[1]) * BIN_STEPS * TIME_STEP
    rms = np.sqrt(np.nanmean((one.weight_sample - other.weight_sample) ** 2, axis=(0, 2)))
    return Difference(same_for, rms[round(same_for / TIME_STEP) // CHUNK_STEPS], rms[-1])


def compare(seconds: float, count: int) -> Table:
    """Return a table with one row a rule, all types together."""
    table = Table(
        [
            Column("same_for", "s", "time until the first spike differs"),
            Column("rms_same", "1", "rms difference of sampled weights at the last sample before"),
            Column("rms_end", "1", "rms difference of sampled weights at the end"),
            Column("changed_same_for", "s", "time until the first spike of the changed rule, exact form, differs"),
            Column("changed_rms_end", "1", "rms difference of sampled weights from the changed rule's at the end"),
            Column("weight_sd", "1", "standard deviation of the weights at the end, mean over types"),
            Column("rate_exact", "Hz", "mean rate of all neurons in the exact form"),
            Column("rate_lazy", "Hz", "mean rate of all neurons in the lazy form"),
        ]
    )
    network, trial = four_types(seconds=seconds, weight=INITIAL_WEIGHT)
    recording = Recording(bin_steps=BIN_STEPS, synapses=20000)
    for label, tau_pre in TAU_PRE.items():
        for k, rule in enumerate(prior_rules(count)):
            if tau_pre is not None:
                rule[:, PARAMETERS.index("tau_pre")] = tau_pre
            table.add(f"{label} {k}", *_row(network, trial, rule, recording))
    return table


def _row(network: Network, trial: Trial, rule: np.ndarray, recording: Recording) -> tuple[float, ...]:
    """Return the columns of a rule (synapse type, parameter)."""
    exact, lazy = (_run(network, trial, rule, recording, form) for form in ("exact", "lazy"))
    forms = difference(exact, lazy)
    changed = [difference(exact, _run(network, trial, rule * factor, recording, "exact")) for factor in CHANGES]
    most = max(changed, key=lambda found: found.rms_end)
    seconds = trial.steps * TIME_STEP
    rates = [record.counts.sum() / network.n_neurons / seconds for record in (exact, lazy)]
    return (forms.same_for, forms.rms_same, forms.rms_end, most.same_for, most.rms_end, lazy.final_sd.mean(), *rates)


def _run(network: Network, trial: Trial, rule: np.ndarray, recording: Recording, form: Form) -> Record:
    parameters = rule[None].astype(np.float32)
    return numba_backend.simulate(network, [trial], parameters, recording, 1, form)[0][0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Lazy against exact form")
    parser.add_argument("--seconds", type=float, default=0.5, help="biological seconds")
    parser.add_argument("--rules", type=int, default=8, help="number of rules")
    arguments = parser.parse_args()
    print(runtime.describe_device("numba"))
    compare(arguments.seconds, arguments.rules).save("lazy_exact", runtime.describe_device("numba"))
