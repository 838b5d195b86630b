"""Settings of the search methods by name. A new method is its settings, a file beside search/evolution.py, and entries
here and in search/registry.py."""

from synapseek_core.interfaces.search import SearchBase
from synapseek_core.registries import Registry

SEARCH_SETTINGS: Registry[type[SearchBase]] = Registry(
    {
        "cma_es": "search.settings.evolution:CMAESSettings",
        "ipop_cma_es": "search.settings.restarting:RestartingCMAESSettings",
        "bipop_cma_es": "search.settings.restarting:RestartingCMAESSettings",
        "sep_cma_es": "search.settings.evolution:SeparableCMAESSettings",
        "stein_variational_cma_es": "search.settings.evolution:SteinVariationalSettings",
        "gradient": "search.settings.gradient:GradientSettings",
    }
)
