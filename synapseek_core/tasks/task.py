"""What a task is: it lets rules loose in networks and scores what the networks then do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import xarray as xr

from synapseek_core.config import StudySettings
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials


class Task(Protocol):
    """A task of one study; `simulate` and `evaluate` are all that the search and the stages need."""

    @property
    def settings(self) -> StudySettings:
        """The study's settings."""
        ...

    def simulate(
        self,
        theta: np.ndarray,
        names: Sequence[str],
        trials: Trials,
        compute: Compute,
        keep_spikes: Sequence[int] = (),
    ) -> xr.Dataset:
        """Activity (contract `activity`) of every rule in every trial.

        Args:
            theta: (rule, parameter) in natural units.
            names: (rule,) labels.
            trials: which trials.
            keep_spikes: positions of the rules whose spike trains are kept.
        """
        ...

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Fitness (contract `fitness`) of every rule from its activity; finite for every status."""
        ...

    def mean_field_rate(self, theta: np.ndarray, fitness: xr.Dataset) -> np.ndarray | None:
        """(rule, trial) rate in Hz that mean-field theory predicts at the measured presynaptic rate; None if none."""
        ...


@dataclass(frozen=True)
class StudyDefinition:
    """A named study: its published settings and the class of its task."""

    settings: StudySettings
    task: Callable[[Any], Task]
