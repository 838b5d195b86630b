"""The studies by name. A new study is its settings; a new task is one file beside stability.py and its entry here."""

from synapseek_core.config import PlasticitySettings
from synapseek_core.tasks.stability import StabilityStudy, StabilityTask
from synapseek_core.tasks.task import StudyDefinition, Task

STUDIES: dict[str, StudyDefinition] = {
    "stability_IE": StudyDefinition(
        StabilityStudy(
            plasticity=PlasticitySettings(synapse_types=("IE",)), published_run="2212091405_bg_TIF_IE_6pPol"
        ),
        StabilityTask,
    ),
}

__all__ = ["STUDIES", "StudyDefinition", "Task"]
