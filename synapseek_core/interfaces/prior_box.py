"""The prior box of rules as a space without bounds, in which densities are estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

EDGE = 1e-6
"""Nearest that a parameter comes to an edge of the box, as a share of its width."""


@dataclass(frozen=True)
class PriorBox:
    """Rules, uniform between bounds, as standard normal numbers:

        z = Phi^-1((theta - low) / (high - low)),   Phi the normal distribution function

    so that a density of z of which nothing was learned yet is the prior. Whatever z, the rule is within the box. A
    parameter whose bounds are equal has no z.

    Attributes:
        names: (parameter,).
        low, high: (parameter,) bounds in natural units.
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray

    @property
    def free(self) -> np.ndarray:
        """Mask (parameter,) of the parameters that are free, not fixed."""
        return self.high > self.low

    @property
    def free_names(self) -> list[str]:
        """Names of the parameters that are not fixed."""
        return [name for name, free in zip(self.names, self.free, strict=True) if free]

    def to_normal(self, theta: np.ndarray) -> np.ndarray:
        """Return z (..., free parameter) of theta (..., parameter)."""
        low, high = self.low[self.free], self.high[self.free]
        share = (np.asarray(theta, np.float64)[..., self.free] - low) / (high - low)
        return scipy.special.ndtri(np.clip(share, EDGE, 1 - EDGE))

    def from_normal(self, z: np.ndarray) -> np.ndarray:
        """Return theta (..., parameter) of z (..., free parameter)."""
        theta = np.broadcast_to(self.low, (*np.shape(z)[:-1], len(self.low))).copy()
        low, high = self.low[self.free], self.high[self.free]
        theta[..., self.free] = low + (high - low) * np.clip(
            scipy.special.ndtr(np.asarray(z, np.float64)), EDGE, 1 - EDGE
        )
        return theta
