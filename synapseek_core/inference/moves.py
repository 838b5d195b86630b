"""Proposals of sequential Monte Carlo: differential evolution of rules as standard normal numbers.

A rule z (see `PriorBox`) moves along the difference of two rules of other parts of the population,

    z' = z + m gamma (z_a - z_b) + m e

on all coordinates or (crossover) on some of them, m. The proposal is symmetric and the prior standard normal, so that
a move passes with the probability min(1, exp((z^2 - z'^2) / 2)) before anything is simulated. (In the prior's box a
move would have to be folded back at the edges, which is not symmetric where its coordinates are correlated: of two
balls in six dimensions it gave 1.8 times the evidence.) The parts never mix, since former copies of a rule, among the
two, would draw it towards themselves: of a ball in 24 dimensions, 500 rules gave 45 times the evidence in one part,
1.4 times in two, and the right one in four.

Source: ter Braak, Stat Comput 16:239, 2006 (differential evolution Markov chain); ter Braak and Vrugt, Stat Comput
18:435, 2008 (its crossover, and the factor of the difference).
"""

from __future__ import annotations

import numpy as np

FACTOR = 2.38
"""Of the best factor of the difference, FACTOR / sqrt(2 moved coordinates), for a normal target (ter Braak 2006)."""

SHRINK = 0.05
"""The factor is drawn between this share of the best one and the best one: a target with edges is not normal."""

WHOLE = 0.1
"""Share of the moves with factor 1, which lead from one region of the target to another (ter Braak 2006)."""

CROSSOVER, CROSSED = 0.5, 0.3
"""Share of the moves on some coordinates only, and the share of coordinates that these move."""

NOISE = 0.03
"""Standard deviation of e, in those of the prior."""


def proposed(z: np.ndarray, part: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return a proposal (particle, parameter) for each particle of a population z (particle, parameter).

    Args:
        part: (particle,) number of its part, of at least two.
    """
    count, parameters = z.shape
    difference = np.empty_like(z)
    for own in np.unique(part):
        others, inside = z[part != own], part == own
        difference[inside] = _differences(others[distinct(others)], int(inside.sum()), draw)
    moves = _moved_coordinates(count, parameters, draw)
    best = FACTOR / np.sqrt(2 * moves.sum(axis=1))
    factor = np.where(draw.random(count) < WHOLE, 1.0, best * draw.uniform(SHRINK, 1.0, count))
    step = factor[:, None] * difference + NOISE * draw.standard_normal(z.shape)
    return z + moves * step


def distinct(z: np.ndarray) -> np.ndarray:
    """Return the positions of the first of all copies of each particle of a population z (particle, parameter)."""
    return np.sort(np.unique(z, axis=0, return_index=True)[1])


def _differences(others: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    """Return differences of two distinct rules each; of a single one 0."""
    first, step = draw.integers(len(others), size=count), draw.integers(1, max(len(others), 2), size=count)
    return others[first] - others[(first + step) % len(others)]


def _moved_coordinates(count: int, parameters: int, draw: np.random.Generator) -> np.ndarray:
    """Return which coordinates move (particle, parameter), of every particle at least one."""
    some = draw.random((count, parameters)) < CROSSED
    some[np.arange(count), draw.integers(parameters, size=count)] = True
    return np.where(draw.random(count)[:, None] < CROSSOVER, some, True)
