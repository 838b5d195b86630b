"""The JAX backend on a GPU, measured beside the estimate that was made without one.

    python benchmarks/gpu_measure.py [--minutes 5]

For 1, 16, 128, 512 and 1024 networks of 4096 + 1024 neurons: wall seconds per biological second in both forms, beside
results/gpu_program.nc, peak memory and seconds of compilation; then rules of the prior of families_polynomial at
published scale for as long as there is time. To results/gpu_measure.nc after every row.
"""

from __future__ import annotations

import argparse
import time

import jax
import numpy as np
import xarray as xr
from files import RESULTS
from network import THETA, four_types, rates
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.engine.forms import Form
from synapseek_core.engine.jax import backend
from synapseek_core.engine.records import Recording
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

COLUMNS = [
    Column("networks", "1", "networks simulated at once"),
    Column("seconds", "1", "wall seconds per biological second, all networks together"),
    Column("estimated", "1", "the same as estimated without a GPU"),
    Column("memory", "1e9 byte", "largest memory in use so far"),
    Column("compile_seconds", "s", "seconds of compilation"),
    Column("rate_e", "Hz", "mean excitatory rate"),
    Column("rate_i", "Hz", "mean inhibitory rate"),
]
SECONDS = 0.5
"""Biological seconds of a run."""

RULES = 64
"""Rules of the prior that are simulated at once."""


def estimated(form: Form, networks: int) -> float:
    """Return the estimated seconds per biological second of a case; NaN if it is not among the estimates."""
    with xr.open_dataset(RESULTS / "gpu_program.nc") as estimates:
        known = dict(zip(map(str, estimates["case"].values), estimates["seconds"].values, strict=True))
    return float(known.get(f"now: {form}, if, pair, B = {networks}", np.nan))


def measure(table: Table, form: Form, networks: int) -> None:
    """Add the row of a form and a number of networks."""
    network, trial = four_types(seconds=SECONDS)
    rules, walls = np.repeat(THETA[None], networks, axis=0), []
    for _ in range(2):
        began = time.perf_counter()
        records = backend.simulate(network, [trial], rules, Recording(weight_chunks=10), form)
        walls.append(time.perf_counter() - began)
    memory = (jax.local_devices()[0].memory_stats() or {}).get("peak_bytes_in_use", np.nan) / 1e9
    rate = rates(network, trial, records[0][0])
    seconds = walls[1] / SECONDS
    row = (networks, seconds, estimated(form, networks), memory, walls[0] - walls[1], *rate)
    table.add(f"{form}, B = {networks}", *row)


def measure_prior(table: Table, until: float) -> None:
    """Add a row for every batch of rules of the prior of families_polynomial, as long as there is time."""
    study = project.load_study("families_polynomial", "published")
    rules = RULE_SETS["prior"].sample(study.settings, {})
    compute, taken, first = runtime.Compute("jax", "gpu", 1), 0.0, 0
    while time.time() + 1.2 * taken < until and first < rules.sizes["rule"]:
        batch = RuleTable.from_dataset(rules.isel(rule=slice(first, first + RULES)))
        began = time.time()
        study.task.simulate(batch, Trials(0, ("benchmark",), 1), compute)
        taken, first = time.time() - began, first + RULES
        row = (len(batch), taken, np.nan, np.nan, np.nan, np.nan, np.nan)
        table.add(f"families_polynomial, rules {first - RULES} to {first - 1}: seconds of the whole batch", *row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The JAX backend on a GPU, measured")
    parser.add_argument("--minutes", type=float, default=5.0)
    until = time.time() + 60 * parser.parse_args().minutes
    device = runtime.describe_device("jax")
    table = Table(COLUMNS)
    for form in ("lazy", "exact"):
        for networks in (1, 16, 128, 512, 1024):
            if time.time() < until:
                measure(table, form, networks)
                table.save("gpu_measure", device)
    measure_prior(table, until)
    table.save("gpu_measure", device)
