"""Levels of sequential Monte Carlo: from rules that theory suggests to the prior given the constraints.

The rules of a population are a sample of

    target(theta)  proportional to  prior(theta) g(theta)^b 1[d(theta) <= tolerance]

with d the violation of the constraints. The first rules are drawn from prior g: g is the density of a proposal over
that of the prior, 1 for the prior itself. A level lowers the tolerance to a quantile of the population's violations,
and b, from 1, as far as the population carries it; so in the end it is a sample of the prior given the constraints,
whatever g was. (With weights 1 / g at once the few rules from outside of the theory would outweigh all others.) Each
level multiplies the evidence, the share of the prior that meets the constraints, by a factor that the population
estimates.

Source: Del Moral et al., J R Stat Soc B 68:411, 2006 (sequential Monte Carlo samplers); Del Moral et al., Stat Comput
22:1009, 2012 (tolerances from quantiles); Au and Beck, Probabilistic Eng Mech 16:263, 2001 (evidence by levels).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 60
"""Halvings by which b is found."""


@dataclass(frozen=True)
class Target:
    """Distribution of rules of which a population is a sample.

    Attributes:
        tolerance: highest violation that is allowed.
        exponent: b, from 1 (first rules) to 0 (prior).
    """

    tolerance: float
    exponent: float

    @property
    def is_last(self) -> bool:
        """True if it is the prior given the constraints."""
        return self.tolerance == 0 and self.exponent == 0


@dataclass(frozen=True)
class Level:
    """A step from one target to the next.

    Attributes:
        target: the next one.
        weight: (particle,) of each particle of the population in it.
    """

    target: Target
    weight: np.ndarray


def next_level(
    target: Target, violation: np.ndarray, log_density: np.ndarray, part: np.ndarray, kept: float
) -> Level | None:
    """Return the next level of a population that has not reached the last target; None if it must move first.

    Args:
        target: of the population.
        violation: (particle,).
        log_density: (particle,) ln g.
        part: (particle,) number of its part.
        kept: share of the population that a level keeps at least, of a lower b the effective share; where both fall,
            its root each.
    """
    tolerance, exponent = target.tolerance, target.exponent
    share = np.sqrt(kept) if tolerance > 0 and exponent > 0 else kept
    if tolerance > 0:
        tolerance = lower_tolerance(violation, part, tolerance, share)
        if tolerance >= target.tolerance:
            return None
    stays = violation <= tolerance
    if exponent > 0:
        exponent = lower_exponent(exponent, log_density[stays], share)
    return Level(Target(tolerance, exponent), stays * np.exp(-(target.exponent - exponent) * log_density))


def lower_tolerance(violation: np.ndarray, part: np.ndarray, tolerance: float, kept: float) -> float:
    """Return the lowest violation that at least the share `kept` of a population is within, and a rule of each part.

    If that is no lower than the tolerance, return the highest violation below it that a rule of each part is within.
    """
    ordered = np.sort(violation)
    quantile = ordered[int(np.ceil(kept * len(ordered))) - 1]
    lowest = max(violation[part == own].min() for own in np.unique(part))
    below = ordered[ordered < tolerance]
    highest = below[-1] if len(below) else tolerance
    return float(max(min(quantile, highest), lowest))


def lower_exponent(exponent: float, log_density: np.ndarray, kept: float) -> float:
    """Return the lowest exponent at which the effective share of the population is at least `kept`."""

    def effective(lower: float) -> float:
        logarithm = -(exponent - lower) * log_density
        weight = np.exp(logarithm - logarithm.max())
        return float(weight.sum() ** 2 / (weight**2).sum() / len(weight))

    if effective(0.0) >= kept:
        return 0.0
    low, high = 0.0, exponent
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if effective(middle) >= kept else (middle, high)
    return high


def resampled(weight: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return positions (particle,) of as many particles, each as often as its weight says, within one (systematic).

    Source: Kitagawa, J Comput Graph Stat 5:1, 1996.
    """
    count = len(weight)
    edges = np.cumsum(weight / weight.sum())
    points = (np.arange(count) + draw.random()) / count
    return np.minimum(np.searchsorted(edges, points, side="right"), np.flatnonzero(weight)[-1])
