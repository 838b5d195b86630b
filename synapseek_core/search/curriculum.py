"""Curricula: a search's trials get harder whenever its rule has mastered them, and the level is part of its state.

After each generation the rule (the mean of the search distribution) is tested on trials of its own at the present
level. The level rises when it succeeds, on average, in enough of `window` trials in a row.
Source: Tyulmankov, Yang and Abbott, Neuron 110:544, 2022 (the repeat interval as the level, accuracy as success).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from synapseek_core.search.settings import CurriculumSettings
from synapseek_core.seeds import Trials

Success = Callable[[np.ndarray, Trials], np.ndarray]
"""(rule, parameter) in natural units and trials -> (rule, trial) success between 0 and 1."""

ROUNDING = 1e-6
"""Successes are kept in single precision."""


@dataclass(frozen=True)
class Progress:
    """Where a curriculum is.

    Attributes:
        level: of the trials to come.
        recent: (window,) success in the last trials at this level; NaN where there were fewer.
        success: (generation,) mean success of the generations since the start of the chunk.
        levels: (generation_boundary,) levels since the start of the chunk, the present one last.
    """

    level: int
    recent: np.ndarray
    success: tuple[float, ...] = ()
    levels: tuple[int, ...] = ()


@dataclass(frozen=True)
class Curriculum:
    """A curriculum of a search on a task.

    Attributes:
        settings: when the level rises.
        score: success of rules.
    """

    settings: CurriculumSettings
    score: Success

    def begin(self, previous: xr.Dataset | None) -> Progress:
        """The start of a run, or where the chunk `previous` ended."""
        if previous is None:
            empty = np.full(self.settings.window, np.nan, np.float32)
            return Progress(self.settings.start, empty, (), (self.settings.start,))
        level = int(previous["level"][-1])
        return Progress(level, previous["state_recent_success"].values, (), (level,))

    def after(self, progress: Progress, theta: np.ndarray, trials: Trials) -> Progress:
        """After a generation.

        Args:
            theta: (rule, parameter) the rules of the run; of several the mean success counts.
            trials: at the present level.
        """
        found = self.score(theta, trials).mean(0).astype(np.float32)
        level, seen = progress.level, np.concatenate([progress.recent, found])
        higher = level + self.settings.increment
        if self._is_mastered(seen) and higher <= (self.settings.highest or higher):
            level, seen = higher, np.full_like(seen, np.nan)
        return Progress(
            level,
            seen[-self.settings.window :],
            (*progress.success, float(found.mean())),
            (*progress.levels, level),
        )

    def _is_mastered(self, seen: np.ndarray) -> bool:
        """Whether any `window` trials in a row were successes enough."""
        windows = np.lib.stride_tricks.sliding_window_view(seen, self.settings.window)
        return bool((windows.mean(1, dtype=np.float64) >= self.settings.success - ROUNDING).any())


def variables(progress: Progress) -> dict[str, tuple]:
    """The path and the state of a curriculum as variables of a chunk (contract `search`)."""
    attributes = {
        "units": "1",
        "long_name": "state after the last generation: success in the last trials at this level",
    }
    return {
        "level": (("generation_boundary",), np.array(progress.levels, np.int32)),
        "success": (("generation",), np.array(progress.success, np.float32)),
        "state_recent_success": (("recent_trial",), progress.recent, attributes),
    }
