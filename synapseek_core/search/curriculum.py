"""Curricula: the trials of a search get harder whenever its rule has mastered them; the level is part of its state.

After each generation the rule (the mean of the search distribution) is tested on trials of its own at the present
level. The level rises when it succeeds, on average, in enough of `window` trials in a row.
Source: Tyulmankov, Yang and Abbott, Neuron 110:544, 2022 (the repeat interval as the level, accuracy as success).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from synapseek_core.interfaces.search import CurriculumSettings
from synapseek_core.seeds import Trials

Success = Callable[[np.ndarray, Trials], np.ndarray]
"""(rule, parameter) in natural units and trials -> (rule, trial) success between 0 and 1."""

ROUNDING = 1e-6
"""Successes are kept in single precision."""


@dataclass(frozen=True)
class Progress:
    """The present state of a curriculum.

    Attributes:
        levels: (generation_boundary,) since the start of the chunk, that of the trials to come last.
        success: (generation,) mean success since the start of the chunk.
        recent: (window,) success in the last trials at the present level; NaN where there were fewer.
    """

    levels: tuple[int, ...]
    success: tuple[float, ...]
    recent: np.ndarray

    @property
    def level(self) -> int | None:
        """Level of the trials to come; None: as the task's settings say."""
        return self.levels[-1] if self.levels else None


@dataclass(frozen=True)
class Curriculum:
    """A curriculum of a search on a task.

    Attributes:
        settings: when the level rises; None: there are no levels.
        score: success of rules.
    """

    settings: CurriculumSettings | None
    score: Success

    def begin(self, previous: xr.Dataset | None) -> Progress:
        """Return the progress at the start of a run, or at the end of the chunk `previous`."""
        if self.settings is None:
            return Progress((), (), np.empty(0))
        if previous is None:
            return Progress((self.settings.start,), (), np.full(self.settings.window, np.nan, np.float32))
        return Progress((int(previous["level"][-1]),), (), previous["state_recent_success"].values)

    def after(self, progress: Progress, theta: np.ndarray, seed: int, restart: int, generation: int) -> Progress:
        """Return the progress after a generation of a restart under the study's seed.

        Args:
            theta: (rule, parameter) the rules of the run; of several the mean success counts.
        """
        if self.settings is None or progress.level is None:
            return progress
        trials = Trials(seed, ("success", restart, generation), self.settings.trials, progress.level)
        found = self.score(theta, trials).mean(0).astype(np.float32)
        level, seen = progress.level, np.concatenate([progress.recent, found])
        higher = level + self.settings.increment
        if is_mastered(seen, self.settings) and higher <= (self.settings.highest or higher):
            level, seen = higher, np.full_like(seen, np.nan)
        recent = seen[-self.settings.window :]
        return Progress((*progress.levels, level), (*progress.success, float(found.mean())), recent)


UNCHANGING = Curriculum(None, lambda theta, trials: np.empty(0))
"""No curriculum: all trials are as the task's settings say."""


def is_mastered(seen: np.ndarray, settings: CurriculumSettings) -> bool:
    """Return whether the mean of any `window` successes in a row of `seen` (trial,) reaches `settings.success`."""
    windows = np.lib.stride_tricks.sliding_window_view(seen, settings.window)
    return bool((windows.mean(1, dtype=np.float64) >= settings.success - ROUNDING).any())


def variables(progress: Progress) -> dict[str, tuple]:
    """Return the path and the state of a curriculum as variables of a chunk (contract `search`)."""
    if not progress.levels:
        return {}
    meaning = "state after the last generation: success in the last trials at this level"
    return {
        "level": (("generation_boundary",), np.array(progress.levels, np.int32)),
        "success": (("generation",), np.array(progress.success, np.float32)),
        "state_recent_success": (("recent_trial",), progress.recent, {"units": "1", "long_name": meaning}),
    }
