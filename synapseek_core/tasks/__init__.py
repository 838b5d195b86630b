"""The studies by name. A new study is its settings; a new task is one file beside stability.py and its entry here."""

from synapseek_core.tasks import oja, pca_network, stability, tuned_inhibition
from synapseek_core.tasks.task import StudyDefinition, Task

STUDIES: dict[str, StudyDefinition] = {
    "oja": oja.OJA,
    "pca_network": pca_network.PCA_NETWORK,
    "stability_IE": stability.STABILITY_IE,
    "tuned_inhibition": tuned_inhibition.TUNED_INHIBITION,
}

__all__ = ["STUDIES", "StudyDefinition", "Task"]
