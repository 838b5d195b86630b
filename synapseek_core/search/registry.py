"""The search methods by name. A new one is a file beside evolution.py, its settings, and entries here and in
interfaces/registry.py."""

from synapseek_core.registries import Registry
from synapseek_core.search.method import SearchMethod

METHODS: Registry[SearchMethod] = Registry(
    {
        "cma_es": "search.evolution:METHOD",
        "ipop_cma_es": "search.restarting:METHOD",
        "bipop_cma_es": "search.restarting:METHOD",
        "sep_cma_es": "search.evolution:METHOD",
        "stein_variational_cma_es": "search.evolution:METHOD",
        "gradient": "search.gradient:METHOD",
    }
)
