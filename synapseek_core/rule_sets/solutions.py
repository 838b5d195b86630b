"""The learned rules that solve a task, and distances at which rules around them are looked at."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.search.distribution import is_learned


def signed_displacements(settings: StudySettings) -> np.ndarray:
    """Distances along an axis, both sides and zero, increasing."""
    distances = np.sort(np.array(settings.degeneracy.displacements))
    return np.concatenate([-distances[::-1], [0.0], distances])


def solutions(settings: StudySettings, learned: xr.Dataset, fitness: xr.Dataset) -> np.ndarray:
    """Search coordinates (rule, coordinate) of the learned rules that solve the task; of all if fewer than two do."""
    outcome = is_learned(learned)
    solved = outcome & (fitness["loss"].values <= settings.degeneracy.solved_loss)
    chosen = solved if solved.sum() > 1 else outcome
    return settings.rule_space.to_coordinates(learned["theta"].values[chosen])
