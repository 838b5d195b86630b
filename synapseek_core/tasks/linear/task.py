"""The task on linear rate networks, with the gradient of its loss."""

from __future__ import annotations

import jax
import numpy as np

from synapseek_core.interfaces.task import DifferentiableTask
from synapseek_core.linear.objective import batch_loss, loss_and_gradient
from synapseek_core.runtime import Compute, jax_device
from synapseek_core.seeds import Trials
from synapseek_core.tasks.linear.score import objective_of
from synapseek_core.tasks.linear.settings import RateStudy
from synapseek_core.tasks.linear.trials import build_batch


class RateTask(DifferentiableTask[RateStudy]):
    """The task of rules on a linear rate network: simulation and score."""

    def loss(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Return the loss (rule,); see `Task.loss`. No trajectories are kept."""
        with jax.default_device(jax_device(compute.device)):
            return np.asarray(
                batch_loss(
                    objective_of(self.settings),
                    self.settings.rule_space.as_simulated(theta),
                    build_batch(self.settings, trials),
                )
            )

    def loss_and_gradient(
        self, theta: np.ndarray, trials: Trials, truncation: int | None, compute: Compute
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the loss (rule,) and its gradient (rule, parameter); see `DifferentiableTask`."""
        batch = build_batch(self.settings, trials)
        with jax.default_device(jax_device(compute.device)):
            loss, gradient = loss_and_gradient(
                objective_of(self.settings), truncation, self.settings.rule_space.as_simulated(theta), batch
            )
        return np.asarray(loss), np.asarray(gradient).reshape(np.shape(theta))
