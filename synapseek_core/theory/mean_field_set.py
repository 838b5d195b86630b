"""The mean-field set: rules that hold a network at given rates, as far as mean-field theory tells.

At rates r = (r_E, r_I) the weights of a synapse type from X to Y drift by f(theta, r_X, r_Y) (`mean_drift`). They stand
still at the postsynaptic rate

    y* = r_Y - f / f',   f' = df / dr_Y,   exact where f is affine in r_Y, as of the pair rule; else its linearisation

and return to it if f' < 0 at excitatory synapses, f' > 0 at inhibitory ones. The rule of the type agrees with r by

    K(theta, r) = exp(-(y* / r_Y - 1)^2 / (2 tolerance^2)) if they return, else 0

A rule of the set has rates r from a grid of pairs, all alike, and on each synapse type theta from prior K / Z(r), with
Z(r) the mean of K over the prior, which is uniform in a box. So its density over that of the prior is

    q(theta) = mean over r of prod over synapse types of K(theta, r) / Z(r)

Source of the condition: Confavreux et al., NeurIPS 2023 (signs of mean-field terms); of the set as a proposal: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from synapseek_core.plasticity.family import PlasticityFamily
from synapseek_core.theory.synapse import mean_drift

STEP = 0.1
"""Relative change of the postsynaptic rate over which the slope is taken."""

DRAWS = 40_000
"""Rules of the prior from which Z is estimated."""

FEWEST = 40.0
"""Rules of them that must agree with a pair of rates for it to be used: Z is then known within a sixth."""

ROWS = 2000
"""Rules that are taken at once, for the sake of memory."""


@dataclass(frozen=True)
class MeanFieldSet:
    """A mean-field set.

    Attributes:
        family: of the rules.
        synapse_types: in the order of theta, for example EE.
        low, high: (synapse type, parameter) bounds of the prior.
        pairs: (pair, 2) excitatory and inhibitory rates in Hz.
        tolerance: relative standard deviation of the postsynaptic rate.
        log_normaliser: (synapse type, pair) ln Z.
    """

    family: PlasticityFamily
    synapse_types: Sequence[str]
    low: np.ndarray
    high: np.ndarray
    pairs: np.ndarray
    tolerance: float
    log_normaliser: np.ndarray

    @property
    def used(self) -> np.ndarray:
        """Mask (pair,) of the pairs of rates that enough rules of the prior agree with, on every synapse type."""
        return (self.log_normaliser > np.log(FEWEST / DRAWS)).all(axis=0)

    def log_density(self, theta: np.ndarray) -> np.ndarray:
        """Return ln q (rule,) of rules (rule, synapse type, parameter); -inf outside of the set.

        If no pair of rates is used, the set is empty.
        """
        if not self.used.any():
            return np.full(len(theta), -np.inf)
        parts = [self._log_density(rows) for rows in _in_parts(theta)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _log_density(self, theta: np.ndarray) -> np.ndarray:
        pairs, total = self.pairs[self.used], 0.0
        for k, kind in enumerate(self.synapse_types):
            with np.errstate(divide="ignore"):
                agrees = np.log(agreement(self.family, kind, theta[:, k], pairs, self.tolerance))
            total = total + agrees - self.log_normaliser[k, self.used]
        return np.asarray(logsumexp(total, axis=1)) - np.log(len(pairs))

    def drawn(self, count: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw rules (rule, synapse type, parameter) of a set that is not empty, and the rates (rule, 2) of each."""
        used = np.flatnonzero(self.used)
        pair = draw.choice(used, count)
        theta = np.empty((count, *self.low.shape))
        for k, kind in enumerate(self.synapse_types):
            for own in np.unique(pair):
                rows = np.flatnonzero(pair == own)
                theta[rows, k] = self._agreeing(k, kind, own, len(rows), draw)
        return theta, self.pairs[pair]

    def _agreeing(self, k: int, kind: str, pair: int, count: int, draw: np.random.Generator) -> np.ndarray:
        """Draw rules (rule, parameter) of a synapse type from prior K, by rejection."""
        found, have = [], 0
        tried = int(np.clip(1.5 * count / np.exp(self.log_normaliser[k, pair]), 100, ROWS * 10))
        while have < count:
            theta = _of_prior(self.low[k], self.high[k], tried, draw)
            agrees = agreement(self.family, kind, theta, self.pairs[[pair]], self.tolerance)[:, 0]
            found.append(theta[draw.random(tried) < agrees])
            have += len(found[-1])
        return np.concatenate(found)[:count]


def mean_field_set(
    family: PlasticityFamily,
    synapse_types: Sequence[str],
    low: np.ndarray,
    high: np.ndarray,
    pairs: np.ndarray,
    tolerance: float,
    draw: np.random.Generator,
) -> MeanFieldSet:
    """Return the mean-field set, its normalisers estimated from rules of the prior; arguments as its attributes."""
    normaliser = np.zeros((len(synapse_types), len(pairs)))
    for k, kind in enumerate(synapse_types):
        for rows in _in_parts(_of_prior(low[k], high[k], DRAWS, draw)):
            normaliser[k] += agreement(family, kind, rows, pairs, tolerance).sum(axis=0)
    with np.errstate(divide="ignore"):
        return MeanFieldSet(family, synapse_types, low, high, pairs, tolerance, np.log(normaliser / DRAWS))


def rate_pairs(lowest: float, highest: float, count: int) -> np.ndarray:
    """Return a grid (pair, 2) of excitatory and inhibitory rates in Hz, `count` of each, with equal ratios between."""
    rates = np.geomspace(lowest, highest, count)
    return np.stack(np.meshgrid(rates, rates, indexing="ij"), axis=-1).reshape(-1, 2)


def agreement(
    family: PlasticityFamily, kind: str, theta: np.ndarray, pairs: np.ndarray, tolerance: float
) -> np.ndarray:
    """Return K (rule, pair) of rules (rule, parameter) on a synapse type at pairs (pair, 2) of rates in Hz."""
    pre, post = (pairs[:, "EI".index(population)] for population in kind)
    at = np.concatenate([post, post * (1 - STEP), post * (1 + STEP)])
    drift, below, above = np.split(mean_drift(family, theta, np.tile(pre, 3), at), 3, axis=-1)
    slope = (above - below) / (2 * STEP * post)
    returns = slope < 0 if kind[0] == "E" else slope > 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        off = drift / slope / post
        agrees = np.exp(-np.square(off / tolerance) / 2)
    return np.where(returns & np.isfinite(agrees), agrees, 0.0)


def _of_prior(low: np.ndarray, high: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    return low + (high - low) * draw.random((count, len(low)))


def _in_parts(rules: np.ndarray) -> list[np.ndarray]:
    return [rules[start : start + ROWS] for start in range(0, len(rules), ROWS)]
