"""A stable rule for 20 biological minutes: do rate, weights and memory stay?

    python benchmarks/long_run.py [--minutes 1 5 20]

The four-type network at published size under the rule that the engine is timed with (Numba, lazy form), each duration
in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np
from network import SYNAPSE_TYPES, THETA, four_types, rates
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Recording

LAST = 30.0
"""Seconds at the end over which rates are taken."""


def run(minutes: float) -> list[float]:
    """Return late rates of E and I, mean and sd of w_IE, peak memory, CPU seconds per biological second."""
    seconds = 60 * minutes
    network, trial = four_types(seconds=seconds, scored_from=seconds - LAST)
    recording = Recording(synapses=100, weight_chunks=100)
    began = time.process_time()
    record = numba_backend.simulate(network, [trial], THETA[None], recording, 1)[0][0]
    cpu = (time.process_time() - began) / seconds
    kind = SYNAPSE_TYPES.index("IE")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return [*rates(network, trial, record), record.final_mean[kind], record.final_sd[kind], memory, cpu]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A long run")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 5.0, 20.0], help="biological minutes")
    arguments = parser.parse_args()
    table = Table(
        [
            Column("rate_e", "Hz", f"mean excitatory rate in the last {LAST:g} s"),
            Column("rate_i", "Hz", f"mean inhibitory rate in the last {LAST:g} s"),
            Column("w_ie", "1", "mean weight from I to E"),
            Column("w_ie_sd", "1", "standard deviation of the weights from I to E"),
            Column("memory", "1e9 byte", "peak memory of the process"),
            Column("cpu_seconds", "1", "CPU seconds per biological second, network building included"),
        ]
    )
    context = multiprocessing.get_context("spawn")
    for minutes in arguments.minutes:
        with context.Pool(1) as pool:
            table.add(f"{minutes:g} min", *np.ravel(pool.map(run, [minutes])))
    table.save("long_run", runtime.describe_device("numba"))
