"""Speed of the spiking engine, beside Brian2 in the same run.

    pip install -e ".[benchmark]" && python benchmarks/engine.py [--seconds 10] [--rounds 3] [--no-brian2]

The network of Confavreux et al. 2023 (4096 + 1024 IF neurons, four plastic synapse types, 2.6 million synapses) and
that of stability_IE (8000 + 2000 TIF neurons, one plastic type). On the CPU: CPU seconds per biological second and
network, median of interleaved rounds; input included, compilation and building of the network not. On a GPU: wall
seconds per biological second of the whole batch, peak memory, seconds of compilation. The table goes to the terminal,
to results/engine.nc and to results/engine.png.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import jax
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from files import RESULTS
from network import THETA, four_types, rates
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.engine.jax import backend as jax_backend
from synapseek_core.engine.network import Network, Trial
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Recording
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

THREADS = os.cpu_count() or 1
ORIGINAL = {"four types": 0.975, "stability_IE": 0.635}
"""CPU seconds per biological second of the original programs on the same kind of processor (at E 9 Hz and 10 Hz)."""

COLUMNS = [
    Column("networks", "1", "networks simulated at once"),
    Column("cpu_seconds", "1", "CPU seconds per biological second and network; for a GPU: wall seconds"),
    Column("rate_e", "Hz", "mean excitatory rate"),
    Column("rate_i", "Hz", "mean inhibitory rate"),
    Column("wall_seconds", "1", "wall seconds per biological second, all networks together"),
    Column("compile_seconds", "s", "seconds of compilation"),
    Column("memory", "1e9 byte", "peak memory of the device"),
]


def soft_on_pre(weight, postsynaptic_trace, alpha, kappa):
    """A rule as a user would write it: the pair rule, with potentiation that shrinks towards a bound."""
    return (alpha + kappa * postsynaptic_trace) * (1 - weight / 20)


def soft_on_post(weight, presynaptic_trace, beta, gamma):
    """Its other half."""
    return (beta + gamma * presynaptic_trace) * (1 - weight / 20)


USER_RULE = replace(SPIKING_FAMILIES["pair"], name="user_rule", on_pre=soft_on_pre, on_post=soft_on_post)

Case = Callable[[], tuple[float, float, np.ndarray]]
"""Runs once; returns CPU and wall seconds per biological second (CPU: and network), and E and I rates."""


BARE = Recording(weight_chunks=30)
"""Weights are looked at every 3 s."""

AS_FAMILIES = Recording(synapses=100, statistics_chunks=10)
"""Weights are looked at every 0.1 s, all of them every 1 s outside the window, as the families' study does."""


def numba_case(network: Network, trial: Trial, batch: int, form: str, recording: Recording = BARE) -> Case:
    """Return the case of `batch` copies of a network on all threads."""
    rules = np.repeat(THETA[None], batch, axis=0)
    warm_up = replace(trial, steps=100)
    seconds = trial.steps * 1e-4

    def run() -> tuple[float, float, np.ndarray]:
        numba_backend.simulate(network, [warm_up], rules[:1], recording, 1, form)
        began = time.process_time(), time.perf_counter()
        numba_backend.simulate(network, [warm_up], rules, recording, THREADS, form)
        set_up = time.process_time(), time.perf_counter()
        records = numba_backend.simulate(network, [trial], rules, recording, THREADS, form)
        cpu = time.process_time() - 2 * set_up[0] + began[0]
        wall = time.perf_counter() - 2 * set_up[1] + began[1]
        return cpu / seconds / batch, wall / seconds, rates(network, trial, records[0][0])

    return run


def stability_case(seconds: float) -> Case:
    """Return the case of the published rule in the published network of stability_IE, network building included."""
    protocol = {"training_time": seconds - 1, "scoring_time": 1}
    study = project.load_study("stability_IE", "published", {"protocol": protocol})
    rules = RuleTable.from_dataset(RULE_SETS["published"].sample(study.settings, {}).isel(rule=[-1]))
    trials, compute = Trials(0, ("benchmark",), 1), runtime.Compute("numba", "cpu", 1)

    def run() -> tuple[float, float, np.ndarray]:
        began = time.process_time(), time.perf_counter()
        activity = study.task.simulate(rules, trials, compute)
        cpu, wall = time.process_time() - began[0], time.perf_counter() - began[1]
        return cpu / seconds, wall / seconds, activity["rate"].mean("rate_time").values.ravel()

    return run


def brian2_case(form: str, seconds: float, folder: Path) -> Case:
    """Return the case of the peer."""
    from brian2_network import Brian2Program

    program = Brian2Program(form, seconds, folder / form)

    def run() -> tuple[float, float, np.ndarray]:
        elapsed = program.run()
        return elapsed, elapsed, np.array(program.rates)

    return run


def cases(seconds: float, brian2: bool, folder: Path) -> dict[tuple[str, int], Case]:
    """Return all cases on the CPU: (name, networks) -> case."""
    network, trial = four_types(seconds=seconds)
    # A seventh is scored, as of the 70 s of the families' study.
    scored = replace(trial, windows=((round(trial.steps * 6 / 7), trial.steps),))
    user_network, _ = four_types(seconds=0.1, family=USER_RULE)
    found: dict[tuple[str, int], Case] = {}
    for batch in (1, 4, 16):
        found["four types, lazy", batch] = numba_case(network, trial, batch, "lazy")
        found["four types, lazy, weights every 0.1 s", batch] = numba_case(network, scored, batch, "lazy", AS_FAMILIES)
        found["four types, exact, user's rule", batch] = numba_case(user_network, trial, batch, "exact")
    found["four types, exact", 1] = numba_case(network, trial, 1, "exact")
    for neurons, probability in ((1024, 0.1), (2048, 0.1), (4096, 0.05), (8192, 0.05)):
        name = f"growth: {neurons} + {neurons // 4} neurons, p = {probability}"
        found[name, 1] = numba_case(*four_types(neurons, neurons // 4, probability, seconds), 1, "lazy")
    for rate in (5.0, 20.0):
        found[f"input at {rate:g} Hz", 1] = numba_case(*four_types(seconds=seconds, input_rate=rate), 1, "lazy")
    found["stability_IE (building included)", 1] = stability_case(seconds)
    if brian2:
        for form in ("fastest", "usual"):
            found[f"Brian2, {form}", 1] = brian2_case(form, seconds, folder)
    return found


def on_cpu(table: Table, seconds: float, rounds: int, brian2: bool) -> None:
    """Time all cases in interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        every = cases(seconds, brian2, Path(folder))
        timed: dict[tuple[str, int], list] = {key: [] for key in every}
        for _ in range(rounds):
            for key, case in every.items():
                timed[key].append(case())
    for (name, networks), results in timed.items():
        cpu, wall, (rate_e, rate_i) = (*(median(r[k] for r in results) for k in (0, 1)), results[0][2])
        table.add(labelled(name, networks), networks, cpu, rate_e, rate_i, wall, np.nan, np.nan)


def labelled(name: str, networks: int) -> str:
    """Return the label of a case with the number of networks that it simulates at once."""
    return f"{name}, B = {networks}"


def with_jax(table: Table, batches: tuple[int, ...], seconds: float) -> None:
    """Time the JAX backend on the first device."""
    network, trial = four_types(seconds=seconds)
    device = jax.local_devices()[0]
    for batch in batches:
        rules, walls, cpus = np.repeat(THETA[None], batch, axis=0), [], []
        for _ in range(2):
            began, cpu_began = time.perf_counter(), time.process_time()
            records = jax_backend.simulate(network, [trial], rules, Recording(weight_chunks=10))
            walls.append(time.perf_counter() - began)
            cpus.append(time.process_time() - cpu_began)
        memory = (device.memory_stats() or {}).get("peak_bytes_in_use", np.nan) / 1e9
        wall = walls[1] / seconds
        cost = (walls if runtime.gpus() else cpus)[1] / seconds / batch
        rate = rates(network, trial, records[0][0])
        label = labelled(f"JAX on {device.device_kind}", batch)
        table.add(label, batch, cost, *rate, wall, walls[0] - walls[1], memory)


def factors(table: Table) -> None:
    """Print how much faster the engine is than the peer and than the original programs."""
    cost = {label: row[1] for label, row in zip(table.labels, table.rows, strict=True)}
    ours = cost[labelled("four types, lazy", 1)]
    lines = {"the original program": ORIGINAL["four types"]}
    lines |= {label: own for label, own in cost.items() if label.startswith("Brian2")}
    for name, other in lines.items():
        print(f"lazy form, one network: {other / ours:.1f} times faster than {name}")
    ratio = ORIGINAL["stability_IE"] / cost[labelled("stability_IE (building included)", 1)]
    print(f"stability_IE: {ratio:.1f} times faster than the original program")
    for label, own in cost.items():
        if label.startswith("JAX on") and runtime.gpus():
            print(f"{label}: {ours / own:.1f} cores of this CPU, {ORIGINAL['four types'] / own:.1f} of the original")


def draw(table: Table, device: str) -> None:
    """Draw bars of the cost of each case."""
    figure, axes = plt.subplots(figsize=(6.9, 0.24 * len(table.labels) + 0.8), layout="constrained")
    colours = ["#999999" if label.startswith("Brian2") else "#0072B2" for label in table.labels]
    axes.barh(table.labels, table.dataset()["cpu_seconds"], color=colours)
    axes.set_xlabel("CPU s (GPU: wall s) per biological second and network", fontsize=8)
    axes.set_title(device, fontsize=7, loc="right")
    axes.invert_yaxis()
    axes.bar_label(axes.containers[0], fmt="%.3g", padding=2, fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(RESULTS / "engine.png", dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Speed of the spiking engine")
    parser.add_argument("--seconds", type=float, default=10.0, help="biological seconds of each run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds on the CPU, of which the median is shown")
    parser.add_argument("--no-brian2", action="store_true", help="leave out the peer")
    arguments = parser.parse_args()
    runtime.enable_compile_cache()
    device = runtime.describe_device("numba")
    table = Table(COLUMNS)
    on_cpu(table, arguments.seconds, arguments.rounds, not arguments.no_brian2)
    if runtime.gpus():
        device += "; " + runtime.describe_device("jax")
        with_jax(table, (1, 16, 128, 512, 1024), arguments.seconds)
    else:
        with_jax(table, (1, 4), min(1.0, arguments.seconds))
    print(device)
    factors(table)
    table.save("engine", device)
    draw(table, device)
