"""The studies by name. A new study is its settings; a new task is one file beside stability.py and its entry here."""

from synapseek_core.tasks import (
    continual_studies,
    familiarity,
    families,
    oja,
    pca_network,
    stability,
    stability_flexible,
    tuned_inhibition,
)
from synapseek_core.tasks.task import StudyDefinition, Task

STUDIES: dict[str, StudyDefinition] = {
    "oja": oja.OJA,
    "pca_network": pca_network.PCA_NETWORK,
    "stability_EE": stability.STABILITY_EE,
    "stability_EI": stability.STABILITY_EI,
    "stability_IE": stability.STABILITY_IE,
    "stability_II": stability.STABILITY_II,
    "stability_IE_polynomial": stability_flexible.STABILITY_IE_POLYNOMIAL,
    "stability_IE_mlp": stability_flexible.STABILITY_IE_MLP,
    "familiarity_EE": familiarity.FAMILIARITY_EE,
    "familiarity_EI": familiarity.FAMILIARITY_EI,
    "familiarity_IE": familiarity.FAMILIARITY_IE,
    "familiarity_II": familiarity.FAMILIARITY_II,
    "familiarity_EE_EI": familiarity.FAMILIARITY_EE_EI,
    "familiarity_EE_IE": familiarity.FAMILIARITY_EE_IE,
    "familiarity_EE_II": familiarity.FAMILIARITY_EE_II,
    "familiarity_EI_IE": familiarity.FAMILIARITY_EI_IE,
    "families_polynomial": families.FAMILIES_POLYNOMIAL,
    "families_mlp": families.FAMILIES_MLP,
    "tuned_inhibition": tuned_inhibition.TUNED_INHIBITION,
    "continual_familiarity": continual_studies.CONTINUAL_FAMILIARITY,
    "continual_familiarity_hebbian": continual_studies.CONTINUAL_FAMILIARITY_HEBBIAN,
    "continual_familiarity_anti_hebbian": continual_studies.CONTINUAL_FAMILIARITY_ANTI_HEBBIAN,
    "continual_familiarity_capacity": continual_studies.CONTINUAL_FAMILIARITY_CAPACITY,
    "continual_familiarity_lstm": continual_studies.CONTINUAL_FAMILIARITY_LSTM,
    "continual_familiarity_bogacz_brown": continual_studies.CONTINUAL_FAMILIARITY_BOGACZ_BROWN,
}

__all__ = ["STUDIES", "StudyDefinition", "Task"]
