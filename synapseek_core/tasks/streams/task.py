"""The task on streams, with the gradient of its loss and its success."""

from __future__ import annotations

import numpy as np

from synapseek_core.interfaces.task import DifferentiableTask, LevelledTask
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.streams import learning
from synapseek_core.tasks.streams.device import on_device
from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy


class ContinualFamiliarityTask(DifferentiableTask[ContinualFamiliarityStudy], LevelledTask[ContinualFamiliarityStudy]):
    """The task of networks on streams: simulation and score."""

    def loss(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Return the loss (rule,); see `Task.loss`. No activity is kept."""
        return on_device(learning.loss, self.settings, theta, trials, compute)

    def loss_and_gradient(
        self, theta: np.ndarray, trials: Trials, truncation: int | None, compute: Compute
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the loss (rule,) and its gradient (rule, parameter), through all steps; see `DifferentiableTask`."""
        return on_device(learning.loss_and_gradient, self.settings, theta, trials, compute)

    def success(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Return the share of right answers (rule, trial); see `LevelledTask`."""
        return on_device(learning.accuracy, self.settings, theta, trials, compute)
