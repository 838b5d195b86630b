"""The start of a search."""

from __future__ import annotations

import numpy as np

from synapseek_core.interfaces.search import SearchBase
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.seeds import generator


def start_bounds(space: RuleSpace, settings: SearchBase, key: str) -> np.ndarray:
    """Return the lowest and highest start (parameter, 2) in natural units; equal where the start is given.

    Raises:
        ConfigurationError: a name that is no parameter, or a parameter without a value; `key` names the setting.
    """
    values = space.expand(settings.start, key)
    return np.array([value if isinstance(value, tuple) else (value, value) for value in values], np.float64)


def has_given_start(space: RuleSpace, settings: SearchBase) -> bool:
    """Return whether every restart begins at the same given rule."""
    low, high = start_bounds(space, settings, "start").T
    return bool((low == high).all())


def start_coordinates(space: RuleSpace, settings: SearchBase, seed: int, restart: int, attempt: int = 0) -> np.ndarray:
    """Return the starts (distribution, coordinate) of one restart.

    Searches of a study share the random numbers of a restart, so that two methods begin at the same rules.

    Args:
        attempt: how often the restart has started again before; each attempt has a start of its own.
    """
    low, high = space.to_coordinates(start_bounds(space, settings, "start").T)
    # The first attempt has the stream of a search that never starts again.
    stream = ("start", restart, attempt) if attempt else ("start", restart)
    draws = generator(seed, *stream).random((settings.distributions, len(low)))
    return low + (high - low) * draws
