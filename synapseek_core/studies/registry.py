"""The studies by name. A new one is a declaration in a file beside this one and its entry here."""

from synapseek_core.interfaces.study import StudyDefinition
from synapseek_core.registries import Registry

STUDIES: Registry[StudyDefinition] = Registry(
    {
        "oja": "studies.oja:OJA",
        "pca_network": "studies.pca_network:PCA_NETWORK",
        "stability_EE": "studies.stability:STABILITY_EE",
        "stability_EI": "studies.stability:STABILITY_EI",
        "stability_IE": "studies.stability:STABILITY_IE",
        "stability_II": "studies.stability:STABILITY_II",
        "stability_IE_polynomial": "studies.stability_flexible:STABILITY_IE_POLYNOMIAL",
        "stability_IE_mlp": "studies.stability_flexible:STABILITY_IE_MLP",
        "familiarity_EE": "studies.familiarity:FAMILIARITY_EE",
        "familiarity_EI": "studies.familiarity:FAMILIARITY_EI",
        "familiarity_IE": "studies.familiarity:FAMILIARITY_IE",
        "familiarity_IE_2022": "studies.familiarity:FAMILIARITY_IE_2022",
        "familiarity_II": "studies.familiarity:FAMILIARITY_II",
        "familiarity_EE_EI": "studies.familiarity:FAMILIARITY_EE_EI",
        "familiarity_EE_IE": "studies.familiarity:FAMILIARITY_EE_IE",
        "familiarity_EE_II": "studies.familiarity:FAMILIARITY_EE_II",
        "familiarity_EI_IE": "studies.familiarity:FAMILIARITY_EI_IE",
        "families_polynomial": "studies.families:FAMILIES_POLYNOMIAL",
        "families_mlp": "studies.families:FAMILIES_MLP",
        "tuned_inhibition": "studies.tuned_inhibition:TUNED_INHIBITION",
        "continual_familiarity": "studies.continual_familiarity:CONTINUAL_FAMILIARITY",
        "continual_familiarity_hebbian": "studies.continual_familiarity:CONTINUAL_FAMILIARITY_HEBBIAN",
        "continual_familiarity_anti_hebbian": "studies.continual_familiarity:CONTINUAL_FAMILIARITY_ANTI_HEBBIAN",
        "continual_familiarity_capacity": "studies.continual_familiarity:CONTINUAL_FAMILIARITY_CAPACITY",
        "continual_familiarity_lstm": "studies.continual_familiarity:CONTINUAL_FAMILIARITY_LSTM",
        "continual_familiarity_bogacz_brown": "studies.continual_familiarity:CONTINUAL_FAMILIARITY_BOGACZ_BROWN",
    }
)
