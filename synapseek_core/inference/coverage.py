"""Coverage of a posterior: how often its central intervals contain the truth."""

from __future__ import annotations

import numpy as np


def coverage(ranks: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the share (level,) of ranks within the central interval of each level; the level itself if calibrated."""
    distance = 2 * np.abs(ranks.ravel() - 0.5)
    return np.array([(distance <= level).mean() for level in levels])
