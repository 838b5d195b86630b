"""The objective of a search: a task's loss of rules, with the search's penalty on their parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from synapseek_core.interfaces.search import SearchBase
from synapseek_core.interfaces.task import DifferentiableTask, LevelledTask, Task
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.runtime import Compute
from synapseek_core.search.curriculum import UNCHANGING, Curriculum
from synapseek_core.seeds import Trials

if TYPE_CHECKING:
    from synapseek_core.search.settings.evolution import EvolutionSettings
    from synapseek_core.search.settings.gradient import GradientSettings

WORST = 1e30
"""Searched loss of a rule whose loss with its penalties is larger, or no number: methods need finite ones."""

Loss = Callable[[np.ndarray, Trials], np.ndarray]
"""(rule, parameter) in natural units and trials -> (rule,) loss, finite for every rule."""

LossAndGradient = Callable[[np.ndarray, Trials], tuple[np.ndarray, np.ndarray]]
"""(rule, parameter) in natural units and trials -> (rule,) loss and its gradient (rule, parameter)."""


def penalty(space: RuleSpace, weight: float, theta: np.ndarray) -> np.ndarray:
    """Return the penalty (rule,) on theta (rule, parameter): weight * sum of |theta|.

    The sum is over those parameters whose search coordinate is the parameter itself.
    """
    if not weight:
        return np.zeros(len(theta))
    return weight * np.where(space.linear, np.abs(theta), 0.0).sum(axis=-1)


def squared_distance_from_box(space: RuleSpace, bounds: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Return the squared distance (rule,) of theta (rule, parameter) from a box, in search coordinates.

    `bounds` (parameter, 2) are the bounds of the box in natural units.
    """
    coordinates = space.to_coordinates(theta)
    low, high = space.to_coordinates(bounds.T)
    return ((coordinates - np.clip(coordinates, low, high)) ** 2).sum(axis=-1)


def population_loss(task: Task, settings: EvolutionSettings, compute: Compute) -> Loss:
    """Return the function from rules and trials to the penalised loss on a task."""
    space = task.settings.rule_space
    bounds = np.array(space.expand(task.settings.prior.bounds, "prior.bounds"), np.float64)

    def loss(theta: np.ndarray, trials: Trials) -> np.ndarray:
        scored = task.loss(theta, trials, compute)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            scored = scored + penalty(space, settings.l1_penalty, theta)
            if settings.boundary_penalty:
                scored = scored + settings.boundary_penalty * squared_distance_from_box(space, bounds, theta)
        return np.fmin(scored, WORST)

    return loss


def loss_and_gradient(task: DifferentiableTask, settings: GradientSettings, compute: Compute) -> LossAndGradient:
    """Return the function from rules and trials to the penalised loss on a task and its gradient.

    The gradient of the penalty at 0 is 0.
    """
    space = task.settings.rule_space

    def both(theta: np.ndarray, trials: Trials) -> tuple[np.ndarray, np.ndarray]:
        loss, gradient = task.loss_and_gradient(theta, trials, settings.truncation, compute)
        slope = settings.l1_penalty * np.where(space.linear, np.sign(theta), 0.0)
        return loss + penalty(space, settings.l1_penalty, theta), gradient + slope

    return both


def curriculum(task: Task, settings: SearchBase, compute: Compute) -> Curriculum:
    """Return the search's curriculum on a task; it is unchanging where the trials of the task have no levels."""
    if not isinstance(task, LevelledTask):
        return UNCHANGING
    return Curriculum(settings.curriculum, lambda theta, trials: task.success(theta, trials, compute))
