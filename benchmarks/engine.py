"""Speed of the spiking engine, beside Brian2 in the same run.

    pip install -e ".[benchmark]" && python benchmarks/engine.py [--seconds 10] [--no-brian2]

The network of Confavreux et al. 2023 (4096 + 1024 IF neurons, four plastic synapse types, 2.6 million synapses) and
that of stability_IE (8000 + 2000 TIF neurons, one plastic type). CPU seconds per biological second and network; input
included, compilation and building of the network not. The table goes to the terminal, to results/engine.nc and to
results/engine.png.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from network import THETA, four_types

from synapseek_core import datasets, project, provenance, runtime
from synapseek_core.engine import numba_backend
from synapseek_core.engine.network import Network, Trial
from synapseek_core.engine.records import Recording
from synapseek_core.plasticity import FAMILIES
from synapseek_core.search.origins import ORIGINS
from synapseek_core.seeds import Trials

RESULTS = Path(__file__).parent / "results"
THREADS = os.cpu_count() or 1


def soft_on_pre(weight, postsynaptic_trace, alpha, kappa):
    """A rule as a user would write it: the pair rule, with potentiation that shrinks towards a bound."""
    return (alpha + kappa * postsynaptic_trace) * (1 - weight / 20)


def soft_on_post(weight, presynaptic_trace, beta, gamma):
    """Its other half."""
    return (beta + gamma * presynaptic_trace) * (1 - weight / 20)


USER_RULE = replace(FAMILIES["pair"], name="user_rule", on_pre=soft_on_pre, on_post=soft_on_post)


@dataclass(frozen=True)
class Row:
    """One line of the table: CPU seconds per biological second and network, and rates in Hz."""

    case: str
    networks: int
    cpu_seconds: float
    rate_e: float
    rate_i: float


def timed(case: str, network: Network, trial: Trial, theta: np.ndarray, batch: int, form: str) -> Row:
    """Time `batch` copies of a network, all threads at work."""
    rules = np.repeat(theta[None], batch, axis=0)
    warm_up = replace(trial, steps=100)
    numba_backend.simulate(network, [warm_up], rules[:1], Recording(), 1, form)
    began = time.process_time()
    numba_backend.simulate(network, [warm_up], rules, Recording(), THREADS, form)
    setup = time.process_time() - began
    began = time.process_time()
    records = numba_backend.simulate(network, [trial], rules, Recording(), THREADS, form)
    seconds = trial.steps * 1e-4
    cpu = (time.process_time() - began - setup) / (seconds * batch)
    sizes = np.array([group.size for group in network.populations])
    rates = records[0][0].counts.sum(axis=1) / sizes / seconds
    return Row(case, batch, cpu, *rates)


def ours(seconds: float) -> list[Row]:
    """All rows of the project's engine."""
    rows = []
    network, trial = four_types(seconds=seconds)
    for batch in (1, 4, 16):
        rows.append(timed("four types, lazy", network, trial, THETA, batch, "lazy"))
        show(rows[-1])
    for batch in (1, 4):
        rows.append(timed("four types, exact", network, trial, THETA, batch, "exact"))
        show(rows[-1])
    user_network, _ = four_types(seconds=seconds, family=USER_RULE)
    for batch in (1, 4, 16):
        rows.append(timed("four types, exact, user's rule", user_network, trial, THETA, batch, "exact"))
        show(rows[-1])
    for neurons, probability in ((1024, 0.1), (2048, 0.1), (4096, 0.05), (8192, 0.05)):
        case = f"growth: {neurons} + {neurons // 4} neurons, p = {probability}"
        rows.append(timed(case, *four_types(neurons, neurons // 4, probability, seconds), THETA, 1, "lazy"))
        show(rows[-1])
    rows.append(stability(seconds))
    show(rows[-1])
    return rows


def stability(seconds: float) -> Row:
    """The published rule in the published network of stability_IE."""
    protocol = {"training_time": seconds - 1, "scoring_time": 1}
    study = project.load_study("stability_IE", "published", {"protocol": protocol})
    theta = ORIGINS["published"].sample(study.settings, {})["theta"].values[-1:]
    trials, compute = Trials(0, ("benchmark",), 1), runtime.Compute()
    study.task.simulate(theta, ["warm-up"], trials, compute)
    began = time.process_time()
    activity = study.task.simulate(theta, ["published"], trials, compute)
    cpu = (time.process_time() - began) / seconds
    return Row("stability_IE (network building included)", 1, cpu, *activity["rate"].mean("time").values.ravel())


def brian2_rows(seconds: float) -> list[Row]:
    """The peer's rows."""
    from brian2_network import seconds_per_biological_second

    rows = []
    for form in ("fastest", "usual"):
        rows.append(Row(f"Brian2, {form}", 1, *seconds_per_biological_second(form, seconds)))
        show(rows[-1])
    return rows


def show(row: Row) -> None:
    """Print one row."""
    print(f"{row.case:45} {row.networks:3d} {row.cpu_seconds:8.3f} {row.rate_e:7.2f} {row.rate_i:7.2f}", flush=True)


def save(rows: list[Row]) -> None:
    """NetCDF and figure."""
    meaning = {
        "networks": ("1", "networks simulated at once"),
        "cpu_seconds": ("1", "CPU seconds per biological second and network"),
        "rate_e": ("Hz", "mean excitatory rate"),
        "rate_i": ("Hz", "mean inhibitory rate"),
    }
    table = xr.Dataset(
        {
            name: ("case", np.array([getattr(row, name) for row in rows], np.float32), {"units": u, "long_name": text})
            for name, (u, text) in meaning.items()
        },
        coords={"case": [f"{row.case}, B = {row.networks}" for row in rows]},
    )
    digest = provenance.code_digest(__file__)
    attributes = provenance.provenance("engine", "benchmark", [], {}, "published", digest, "")
    device = runtime.describe_device("numba")
    datasets.write(table, datasets.BENCHMARK, RESULTS / "engine.nc", attributes | {"device": device})
    figure, axes = plt.subplots(figsize=(6.9, 0.24 * len(rows) + 0.8), layout="constrained")
    colours = ["#999999" if row.case.startswith("Brian2") else "#0072B2" for row in rows]
    axes.barh([str(case) for case in table["case"].values], table["cpu_seconds"], color=colours)
    axes.set(xlabel="CPU seconds per biological second and network", title=device)
    axes.invert_yaxis()
    axes.bar_label(axes.containers[0], fmt="%.3g", padding=2, fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(RESULTS / "engine.png", dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Speed of the spiking engine")
    parser.add_argument("--seconds", type=float, default=10.0, help="biological seconds of each run")
    parser.add_argument("--no-brian2", action="store_true", help="leave out the peer")
    arguments = parser.parse_args()
    print(runtime.describe_device("numba"))
    print(f"{'case':45} {'B':>3} {'CPU s':>8} {'E/Hz':>7} {'I/Hz':>7}")
    table = ours(arguments.seconds)
    if not arguments.no_brian2:
        table += brian2_rows(arguments.seconds)
    save(table)
