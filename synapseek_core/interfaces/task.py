"""The form of a task: it simulates networks under rules and scores their activity.

The two halves stand apart: a change of the score simulates nothing again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.registries import load
from synapseek_core.runtime import Compute, simulating_device
from synapseek_core.seeds import Trials

SettingsT = TypeVar("SettingsT", bound=StudySettings)

Score = Callable[[Any, xr.Dataset], xr.Dataset]
"""(settings, activity) -> fitness (contract `fitness`) of every rule, finite for every status."""


class Simulator(ABC, Generic[SettingsT]):
    """The half of a task that simulates networks under rules.

    Class attribute `contract`: of the activity.
    """

    contract: ClassVar[Contract]

    def __init__(self, settings: SettingsT) -> None:
        """Take the settings of the study."""
        self.settings = settings

    @abstractmethod
    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the activity (contract `contract`) of every rule in every trial."""

    @abstractmethod
    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """Return the cost of simulating so many rules in so many trials and of storing the activity.

        Args:
            kept: number of the rules of which spike trains and time courses are kept.
        """

    def device(self, compute: Compute) -> str:
        """Return the description of the simulating device, for the provenance of results."""
        return simulating_device(compute.backend, compute.device)

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Return the part of the activity that is stored: all, unless time courses are left out.

        Time courses may be left out of rules that are not kept; the score must stay the same.

        Args:
            kept: positions of the rules of which everything is stored.
        """
        return activity


@dataclass(frozen=True)
class TaskPlaces:
    """Places of the parts of a task, as `module:attribute`, modules named within this package.

    Attributes:
        name: of the task.
        simulator: class of its simulator.
        score: its score.
        task: class that puts both together, where a search can do more than score rules.
    """

    name: str
    simulator: str
    score: str
    task: str = "interfaces.task:Task"


@dataclass(frozen=True)
class Task(Generic[SettingsT]):
    """A task of one study, the interface for searches and stages.

    Attributes:
        places: where its parts are, which are loaded when they are asked for.
        settings: of the study.
    """

    places: TaskPlaces
    settings: SettingsT

    @property
    def name(self) -> str:
        """Name of the task; studies that differ in their settings alone share it."""
        return self.places.name

    @cached_property
    def simulator(self) -> Simulator[SettingsT]:
        """Simulator of networks under rules."""
        return load(self.places.simulator)(self.settings)

    @cached_property
    def score(self) -> Score:
        """Score of the activity of networks."""
        return load(self.places.score)

    @property
    def activity_contract(self) -> Contract:
        """Contract of the activity."""
        return self.simulator.contract

    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the activity of every rule in every trial; see `Simulator.simulate`."""
        return self.simulator.simulate(rules, trials, compute)

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Return the fitness (contract `fitness`) of every rule from its activity."""
        return self.score(self.settings, activity)

    def loss(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Return the loss (rule,) of theta (rule, parameter), as in the fitness; most searches use nothing else."""
        return self.evaluate(self.simulate(RuleTable.of(theta), trials, compute))["loss"].values


class DifferentiableTask(Task[SettingsT], ABC):
    """A task whose loss has a gradient with respect to the rule; only JAX takes it."""

    @abstractmethod
    def loss_and_gradient(
        self, theta: np.ndarray, trials: Trials, truncation: int | None, compute: Compute
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the loss (rule,) and its gradient (rule, parameter).

        Args:
            truncation: inner steps, the last ones, through which the gradient is taken; None: all.
        """


class LevelledTask(Task[SettingsT], ABC):
    """A task whose trials can be easier or harder, see `Trials.level`, so that a search may have a curriculum."""

    @abstractmethod
    def success(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Return the success (rule, trial) of each rule in each trial, between 0 and 1; theta is (rule, parameter)."""
