"""Capacity of networks against their size: the repeat interval that a curriculum reaches, and its power law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import xarray as xr

PUBLISHED = {(25, 2): 2, (25, 8): 5, (50, 4): 7, (50, 32): 28, (400, 1): 14}
"""Largest repeat interval by (inputs, units), of Tyulmankov, Yang and Abbott, Neuron 110:544, 2022."""


def largest_interval(runs: Sequence[xr.Dataset]) -> int:
    """Return R_max, the largest repeat interval that the curriculum of any run moved to, as in the published count."""
    return max(int(run["level"].max()) for run in runs if "level" in run)


@dataclass(frozen=True)
class PowerLaw:
    """A power law, factor * product of sizes^exponents, with the standard errors of the exponents."""

    factor: float
    exponents: np.ndarray
    errors: np.ndarray

    def __call__(self, *sizes: np.ndarray) -> np.ndarray:
        """Return the value of the power law at these sizes, one argument an exponent."""
        powers = [np.asarray(size, float) ** exponent for size, exponent in zip(sizes, self.exponents, strict=True)]
        return self.factor * np.prod(powers, axis=0)


def fit_power_law(capacity: np.ndarray, *sizes: np.ndarray) -> PowerLaw:
    """Return the power law of one or several sizes (network,) that fits capacities (network,) best, in logarithms.

    For the errors to be finite, at least two networks more than there are exponents are needed.
    """

    def law(logarithms: np.ndarray, factor: float, *exponents: float) -> np.ndarray:
        return factor + np.asarray(exponents) @ logarithms

    logarithms = np.log(np.array(sizes, float))
    found, covariance = scipy.optimize.curve_fit(law, logarithms, np.log(capacity), p0=np.zeros(len(sizes) + 1))
    return PowerLaw(float(np.exp(found[0])), found[1:], np.sqrt(np.diagonal(covariance))[1:])
