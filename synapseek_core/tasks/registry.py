"""Places of the parts of each task. A new task is a file, or a folder, and its entry here or in its study."""

from synapseek_core.interfaces.task import TaskPlaces

STABILITY = TaskPlaces(
    "stability",
    simulator="tasks.recurrent.stability.simulate:StabilitySimulator",
    score="tasks.recurrent.stability.score:score",
)
FAMILIARITY = TaskPlaces(
    "familiarity",
    simulator="tasks.recurrent.familiarity.simulate:FamiliaritySimulator",
    score="tasks.recurrent.familiarity.score:score",
)
FAMILIES = TaskPlaces(
    "families",
    simulator="tasks.recurrent.families.simulate:FamiliesSimulator",
    score="tasks.recurrent.families.score:score",
)
TUNED_INHIBITION = TaskPlaces(
    "tuned_inhibition",
    simulator="tasks.tuned.simulate:TunedInhibitionSimulator",
    score="tasks.tuned.score:score",
)
PRINCIPAL_COMPONENTS = TaskPlaces(
    "principal_components",
    simulator="tasks.linear.simulate:RateSimulator",
    score="tasks.linear.score:score",
    task="tasks.linear.task:RateTask",
)
CONTINUAL_FAMILIARITY = TaskPlaces(
    "continual_familiarity",
    simulator="tasks.streams.simulate:StreamSimulator",
    score="tasks.streams.score:score",
    task="tasks.streams.task:ContinualFamiliarityTask",
)
