"""The NetCDF contracts: dimensions, variables and units of each kind of file."""

from __future__ import annotations

from synapseek_core.contracts.activity import RATE_ACTIVITY, SPIKING_ACTIVITY, STREAM_ACTIVITY
from synapseek_core.contracts.contract import Contract, Variable
from synapseek_core.contracts.inference import CHALLENGES, FAMILIES, POSTERIOR
from synapseek_core.contracts.published import PUBLISHED_RUN, PUBLISHED_TABLE
from synapseek_core.contracts.rules import DEGENERACY, FITNESS, GENERALISATION, RULES, SEARCH

BENCHMARK = Contract(
    "benchmark",
    "Table of a benchmark; its columns differ from one to the next",
    {},
)

ALL = (
    RULES,
    SPIKING_ACTIVITY,
    RATE_ACTIVITY,
    STREAM_ACTIVITY,
    FITNESS,
    SEARCH,
    PUBLISHED_RUN,
    GENERALISATION,
    DEGENERACY,
    POSTERIOR,
    FAMILIES,
    CHALLENGES,
    PUBLISHED_TABLE,
    BENCHMARK,
)
CONTRACTS = {contract.kind: contract for contract in ALL}

__all__ = [
    "ALL",
    "BENCHMARK",
    "CHALLENGES",
    "CONTRACTS",
    "DEGENERACY",
    "FAMILIES",
    "FITNESS",
    "GENERALISATION",
    "POSTERIOR",
    "PUBLISHED_RUN",
    "PUBLISHED_TABLE",
    "RATE_ACTIVITY",
    "RULES",
    "SEARCH",
    "SPIKING_ACTIVITY",
    "STREAM_ACTIVITY",
    "Contract",
    "Variable",
]
