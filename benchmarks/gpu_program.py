"""The program of the JAX engine on a GPU, compiled without one: memory, copies, kernels, traffic, estimated time.

    pip install -e ".[gpu-compile]" && python benchmarks/gpu_program.py [--target h200] [--networks 1 128 1024]

Both forms, the three neuron models, and rules of pairs of spikes, polynomials and small neural networks, in the
network of 4096 + 1024 neurons with four plastic synapse types. Rows are added to results/gpu_program.nc one by one;
those that are there stay, so that a run goes on where it stopped (--again makes those of its version anew), and rows of
other versions of the code are kept. All are drawn in results/gpu_program.png. gpu_estimate.py has the formula of the
time.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from files import RESULTS
from gpu_estimate import LAUNCH, SHARE_OF_BANDWIDTH, WAIT, cost
from gpu_kernels import RATE
from gpu_target import Target, compiled_chunk, target
from network import SYNAPSE_TYPES, four_types
from program_text import read
from table import Column, Table

from synapseek_core.neurons.registry import NEURON_MODELS
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

CASES = (
    ("lazy", "if", "pair"),
    ("lazy", "tif", "pair"),
    ("lazy", "cvaif", "pair"),
    ("exact", "if", "pair"),
    ("exact", "tif", "pair"),
    ("exact", "cvaif", "pair"),
    ("exact", "cvaif", "polynomial"),
    ("exact", "cvaif", "mlp"),
)
"""Form, neuron model, family of rules."""

COLUMNS = [
    Column("networks", "1", "networks simulated at once"),
    Column("arguments", "1e9 byte", "memory of the arguments"),
    Column("aliased", "1e9 byte", "memory of arguments that results take over"),
    Column("temporary", "1e9 byte", "temporary memory"),
    Column("copied", "1e9 byte", "arrays copied in a block of 8 time steps"),
    Column("kernels", "1", "kernels in a block"),
    Column("unknown_loops", "1", "loops in a block whose number of turns the host waits for"),
    Column("moved", "1e9 byte", "estimated bytes moved in a block"),
    Column("seconds", "1", "estimated seconds per biological second, all networks together"),
    Column("compile_seconds", "s", "seconds of compilation"),
]


def measure(table: Table, on: Target, version: str, networks: list[int], save: Callable[[], None]) -> None:
    """Add the rows of one version of the code that are not there."""
    connected = four_types(seconds=1.0)
    for number in networks:
        for form, model, family in CASES:
            label = f"{version}: {form}, {model}, {family}, B = {number}"
            if label in table.labels:
                continue
            rule = SPIKING_FAMILIES[family]
            network = replace(connected[0], neuron=NEURON_MODELS[model]().build(), family=rule)
            # Any time constant of 20 ms and small factors: only their shapes are compiled.
            theta = np.full((len(SYNAPSE_TYPES), len(rule.parameter_names)), 0.02, np.float32)
            began = time.perf_counter()
            compiled = compiled_chunk(on, network, connected[1], theta, form, number)
            seconds = time.perf_counter() - began
            table.add(label, *_row(compiled, on, number), seconds)
            save()


def _row(compiled: jax.stages.Compiled, on: Target, networks: int) -> Iterator[float]:
    memory, figures = compiled.memory_analysis(), cost(read(compiled.as_text()), on)
    yield from (networks, memory.argument_size_in_bytes / 1e9, memory.alias_size_in_bytes / 1e9)
    yield from (memory.temp_size_in_bytes / 1e9, figures.copied / 1e9, figures.kernels, figures.unknown_loops)
    yield from (figures.traffic / 1e9, figures.seconds)


def keep_rows(table: Table, without: str) -> None:
    """Add the rows that earlier runs left, but those of one version."""
    path = RESULTS / "gpu_program.nc"
    if path.exists():
        with xr.open_dataset(path) as earlier:
            for k, label in enumerate(map(str, earlier["case"].values)):
                if not label.startswith(f"{without}: "):
                    table.add(label, *(float(earlier[column.name][k]) for column in COLUMNS))


def draw(data: xr.Dataset, device: str) -> None:
    """Draw the time, kernels and temporary memory of every case, with one bar a version."""
    parts = [str(label).split(": ") for label in data["case"].values]
    versions = list(dict.fromkeys(version for version, _ in parts))
    cases = sorted({case for _, case in parts}, key=lambda case: (case.split(", B = ")[0], int(case.split(" = ")[1])))
    panels = {
        "seconds": "estimated s per\nbiological second",
        "kernels": "kernels in a block",
        "temporary": "temporary memory (GB)",
    }
    figure, every = plt.subplots(1, 3, figsize=(9, 0.28 * len(cases) + 1.2), sharey=True, layout="constrained")
    for axes, (name, label) in zip(every, panels.items(), strict=True):
        for k, version in enumerate(versions):
            of_version = {case: n for n, (v, case) in enumerate(parts) if v == version}
            values = [data[name].values[of_version[case]] if case in of_version else np.nan for case in cases]
            height = 0.8 / len(versions)
            axes.barh(np.arange(len(cases)) + (k + 0.5) * height - 0.4, values, height, label=version)
        axes.set_xscale("log")
        axes.set_xlabel(label, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    every[0].set_yticks(range(len(cases)), cases, fontsize=7)
    every[0].invert_yaxis()
    every[-1].legend(fontsize=7, frameon=False)
    figure.suptitle(device, fontsize=8)
    figure.savefig(RESULTS / "gpu_program.png", dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The program of the JAX engine on a GPU, compiled without one")
    parser.add_argument("--target", default="h200", help="a file of targets/")
    parser.add_argument("--version", default="now", help="name of the version of the code, in the rows' labels")
    parser.add_argument("--networks", type=int, nargs="+", default=[1, 128, 1024])
    parser.add_argument("--again", action="store_true", help="make the rows of this version anew")
    arguments = parser.parse_args()
    on = target(arguments.target)
    table = Table(COLUMNS)
    keep_rows(table, without=arguments.version if arguments.again else "")
    formula = f"launch {LAUNCH:g} s, wait {WAIT:g} s, {SHARE_OF_BANDWIDTH:.0%} of {on.bandwidth:g} byte/s, {RATE:g} Hz"
    device = f"compiled for {arguments.target} by JAX {jax.__version__}, not run; {formula}"
    measure(table, on, arguments.version, arguments.networks, lambda: table.save("gpu_program", device))
    draw(table.dataset(), device)
