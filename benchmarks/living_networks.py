"""Does it pay to give the place of a stopped network to the next rule?

    python benchmarks/living_networks.py [--rules 200] [--seconds 5]

Prior rules of the four-type network, stopped when the excitatory rate passes 100 Hz: all rules in one call, in which a
stopped network's place is taken at once; and in batches that each wait for their slowest network. On the CPU at
published size with the Numba backend; with the JAX backend on a small network, or at published size on a GPU.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np
from network import INITIAL_WEIGHT, four_types, prior_rules
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.engine.jax import backend as jax_backend
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Recording
from synapseek_core.status import Status

THREADS = os.cpu_count() or 1


def timed(simulate, rules: np.ndarray, batch: int) -> tuple[float, float, list]:
    """Return wall seconds in one call and in batches, and the records of the one call."""
    began = time.perf_counter()
    records = simulate(rules)
    together = time.perf_counter() - began
    began = time.perf_counter()
    apart = [record for first in range(0, len(rules), batch) for record in simulate(rules[first : first + batch])]
    assert [r.stop_step for (r,) in records] == [r.stop_step for (r,) in apart], "results must not depend on the batch"
    return together, time.perf_counter() - began, records


def main(count: int, seconds: float) -> None:
    """Time both backends and write the table."""
    rules = prior_rules(count)
    table = Table(
        [
            Column("stopped", "1", "share of the rules that were stopped"),
            Column("places", "1", "networks simulated at once"),
            Column("together", "s", "wall time with places taken again"),
            Column("in_batches", "s", "wall time in batches that wait for their slowest network"),
        ]
    )
    full = four_types(seconds=seconds, weight=INITIAL_WEIGHT, highest_rate=100.0)
    small = four_types(400, 100, 0.4, seconds, weight=INITIAL_WEIGHT, highest_rate=100.0)

    def with_numba(some: np.ndarray) -> list:
        return numba_backend.simulate(full[0], [full[1]], some, Recording(), THREADS)

    network, trial = full if runtime.gpus() else small
    places = 128 if runtime.gpus() else 16

    def with_jax(some: np.ndarray) -> list:
        # Places are as many as asked for, not as fit into the memory.
        jax_backend.most_slots = lambda *_: places
        return jax_backend.simulate(network, [trial], some, Recording())

    for name, simulate, batch in (("Numba, published size", with_numba, THREADS), ("JAX", with_jax, places)):
        simulate(rules[: 2 * batch])  # so that compilation is not timed
        together, apart, records = timed(simulate, rules, batch)
        stopped = np.mean([record.status != Status.ok for (record,) in records])
        table.add(f"{name}, {count} rules", stopped, batch, together, apart)
    backend = "jax" if runtime.gpus() else "numba"
    table.save("living_networks", runtime.describe_device(backend))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Wall time with and without refilling places")
    parser.add_argument("--rules", type=int, default=200, help="number of prior rules")
    parser.add_argument("--seconds", type=float, default=5.0, help="biological seconds")
    arguments = parser.parse_args()
    main(arguments.rules, arguments.seconds)
