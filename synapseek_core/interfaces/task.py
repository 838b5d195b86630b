"""What a task is: it lets rules loose in networks and scores what the networks then do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.study import StudySettings
from synapseek_core.runtime import Compute, simulating_device
from synapseek_core.seeds import Trials


class Task(ABC):
    """A task of one study; `simulate` and `evaluate` are all that an evolution strategy and the stages need.

    Class attributes:
        name: of the task; studies that differ in their settings alone share it.
        activity_contract: contract of what `simulate` returns.
    """

    name: ClassVar[str]
    activity_contract: ClassVar[Contract]

    def __init__(self, settings: Any) -> None:
        """Args: `settings`, of the task's own class."""
        self.settings = settings

    @abstractmethod
    def simulate(
        self,
        theta: np.ndarray,
        names: Sequence[str],
        trials: Trials,
        compute: Compute,
        keep_spikes: Sequence[int] = (),
    ) -> xr.Dataset:
        """Activity (contract `activity_contract`) of every rule in every trial.

        Args:
            theta: (rule, parameter) in natural units.
            names: (rule,) labels.
            trials: which trials.
            keep_spikes: positions of the rules whose spike trains are kept.
        """

    @abstractmethod
    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Fitness (contract `fitness`) of every rule from its activity; finite for every status."""

    @abstractmethod
    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """What it takes to simulate so many rules in so many trials, and to store it; `kept` of them as a whole."""

    def device(self, compute: Compute) -> str:
        """What simulates, for the provenance of results."""
        return simulating_device(compute.backend, compute.device)

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """What of the activity is stored: all, unless a task leaves out time courses of the rules that are not kept.

        `evaluate` must give the same for it.

        Args:
            kept: positions of the rules of which everything is stored.
        """
        return activity

    def loss(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Loss (rule,) of theta (rule, parameter), as in the fitness; for a search, which needs nothing else."""
        names = [f"member_{k}" for k in range(len(theta))]
        return self.evaluate(self.simulate(theta, names, trials, compute))["loss"].values

    def degeneracy(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """What this kind of study adds to the contract `degeneracy`; nothing unless a task says so.

        Dimension `rule` holds the rules of all origins in their order, `learned` the outcomes of the searches.

        Args:
            rules, fitness: by origin.
        """
        return xr.Dataset()


class DifferentiableTask(Task):
    """A task whose loss has a gradient with respect to the rule; only JAX takes it."""

    def device(self, compute: Compute) -> str:
        """See `Task.device`."""
        return simulating_device("jax", compute.device)

    @abstractmethod
    def loss_and_gradient(
        self, theta: np.ndarray, trials: Trials, truncation: int | None, compute: Compute
    ) -> tuple[np.ndarray, np.ndarray]:
        """Loss (rule,) and its gradient (rule, parameter), through the last `truncation` inner steps (None: all)."""


class LevelledTask(Task):
    """A task whose trials can be easier or harder, see `Trials.level`, so that a search may have a curriculum."""

    @abstractmethod
    def success(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """How well each rule does in each trial (rule, trial), between 0 and 1; theta (rule, parameter)."""


@dataclass(frozen=True)
class StudyDefinition:
    """A named study.

    Attributes:
        settings: the published ones.
        task: class of its task.
        figures: names of its figures, in order.
        preview: settings that `scale: preview` changes, as a nested mapping; a study without any has one scale.
        references: publications of the study.
        sources: key -> source of a default that is the study's own, not its section's.
    """

    settings: StudySettings
    task: Callable[[Any], Task]
    figures: tuple[str, ...]
    preview: Mapping[str, Any] = field(default_factory=dict)
    references: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
