"""Contract of the tables of benchmarks."""

from __future__ import annotations

from synapseek_core.files.contracts.contract import Contract

BENCHMARK = Contract(
    "benchmark",
    "Table of a benchmark; its columns differ from one to the next",
    {},
)
