"""Every contract by the kind of file that it describes."""

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.registries import Registry

CONTRACTS: Registry[Contract] = Registry(
    {
        "rules": "files.contracts.rules:RULES",
        "spiking_activity": "files.contracts.activity:SPIKING_ACTIVITY",
        "rate_activity": "files.contracts.activity:RATE_ACTIVITY",
        "network_state": "files.contracts.network:NETWORK_STATE",
        "stream_activity": "files.contracts.activity:STREAM_ACTIVITY",
        "fitness": "files.contracts.rules:FITNESS",
        "search": "files.contracts.rules:SEARCH",
        "published_run": "files.contracts.published:PUBLISHED_RUN",
        "generalisation": "files.contracts.rules:GENERALISATION",
        "degeneracy": "files.contracts.rules:DEGENERACY",
        "posterior": "files.contracts.inference:POSTERIOR",
        "mean_field": "files.contracts.inference:MEAN_FIELD",
        "population": "files.contracts.inference:POPULATION",
        "levels": "files.contracts.inference:LEVELS",
        "trained_flow": "files.contracts.inference:TRAINED_FLOW",
        "families": "files.contracts.inference:FAMILIES",
        "challenges": "files.contracts.inference:CHALLENGES",
        "published_table": "files.contracts.published:PUBLISHED_TABLE",
        "benchmark": "files.contracts.benchmark:BENCHMARK",
    }
)
