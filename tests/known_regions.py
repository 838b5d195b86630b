"""Problems of constraints whose answers are known, for samplers of rules in the unit box.

Each has `violation(unit, draw)`, the logarithm of the prior's share that meets the constraints, and what is known of
the rules that do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln
from scipy.stats import norm


def log_ball(parameters, radius):
    """Logarithm of the volume of a ball."""
    half = parameters / 2
    return half * np.log(np.pi) - gammaln(half + 1) + parameters * np.log(radius)


@dataclass(frozen=True)
class Balls:
    """Balls within the box: far from one another, they are regions that no small step leads between.

    Attributes:
        centres: (ball, parameter).
        radii: (ball,).
    """

    centres: np.ndarray
    radii: np.ndarray

    @property
    def log_volumes(self):
        return np.array([log_ball(self.centres.shape[1], radius) for radius in self.radii])

    @property
    def log_evidence(self):
        return np.logaddexp.reduce(self.log_volumes)

    def distances(self, unit):
        """(rule, ball) over the radius."""
        return np.linalg.norm(unit[:, None] - self.centres, axis=-1) / self.radii

    def violation(self, unit, draw):
        return np.maximum(self.distances(unit) - 1, 0).min(axis=1)


@dataclass(frozen=True)
class NoisyBox:
    """The Gaussian linear model: x | theta ~ normal(theta, sd^2), theta uniform on [0, 1]; all |x - 0.4| <= width."""

    parameters: int
    sd: float = 0.1
    width: float = 0.15
    middle: float = 0.4

    def violation(self, unit, draw):
        x = unit + self.sd * draw.standard_normal(unit.shape)
        return np.maximum(np.abs(x - self.middle) - self.width, 0).sum(axis=1)

    def _met(self):
        """A grid of theta, and the probability of the constraint of a parameter there."""
        grid = np.linspace(0, 1, 2001)
        low, high = (norm.cdf((self.middle + side - grid) / self.sd) for side in (-self.width, self.width))
        return grid, high - low

    def distribution(self, theta):
        """Distribution function of each parameter given the constraints."""
        grid, met = self._met()
        return np.interp(theta, grid, np.cumsum(met) / met.sum())

    @property
    def log_evidence(self):
        grid, met = self._met()
        return self.parameters * np.log(np.trapezoid(met, grid))
