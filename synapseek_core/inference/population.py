"""A population of rules of sequential Monte Carlo, and what a sweep of moves makes of it.

A sweep proposes a move for every rule. At tolerance e and exponent b (see `levels`) a move is accepted if

    d(theta') <= e   and   v < (g(theta') / g(theta))^b h(theta) / h(theta'),   v uniform on [0, 1]

where h is the probability with which a first look at theta' lets it be simulated (1 without one): delayed acceptance,
by which the target stays as it was. A proposal that the first look refuses is a move that is not accepted. Once enough
rules are distinct the next level is chosen and the population resampled, each of its parts by itself; until then it
moves on.

Source: Christen and Fox, J Comput Graph Stat 14:795, 2005 (delayed acceptance).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from synapseek_core.inference.levels import Level, Target, next_level, resampled
from synapseek_core.inference.moves import distinct, proposed

ARRAYS = ("unit", "violation", "log_density", "source")
"""Attributes of a population that have one entry a particle."""


@dataclass(frozen=True)
class Schedule:
    """How a population goes from level to level.

    Attributes:
        parts: number of parts that never mix, at least two; particle k is of part k mod parts.
        kept: share of the population that a level keeps, see `next_level`.
        distinct: share of the rules that must be distinct before the next level, and at the end.
    """

    parts: int
    kept: float
    distinct: float


@dataclass(frozen=True)
class Population:
    """Rules that are a sample of a target.

    Attributes:
        unit: (particle, free parameter) in the unit box of the prior.
        violation: (particle,) of the constraints.
        log_density: (particle,) ln g.
        source: (particle,) number of the simulation that the particle is, sweep * particles + particle.
        target: what the population is a sample of.
        log_evidence: (part,) logarithm of the share of the prior that meets the constraints, as far as levels went.
        finished: whether the last target is reached and the rules are distinct enough.
    """

    unit: np.ndarray
    violation: np.ndarray
    log_density: np.ndarray
    source: np.ndarray
    target: Target
    log_evidence: np.ndarray
    finished: bool = False

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def part(self) -> np.ndarray:
        """Part (particle,) of each particle."""
        return np.arange(len(self)) % len(self.log_evidence)

    @property
    def distinct_share(self) -> float:
        """Share of the rules that would be left without copies."""
        return len(distinct(self.unit)) / len(self)

    @property
    def evidence(self) -> tuple[float, float]:
        """Logarithm of the mean evidence of the parts, and its standard error: that of the parts over the mean."""
        largest = self.log_evidence.max()
        scaled = np.exp(self.log_evidence - largest)
        error = scaled.std(ddof=1) / scaled.mean() / np.sqrt(len(scaled))
        return float(largest + np.log(scaled.mean())), float(error)

    def proposed(self, draw: np.random.Generator) -> np.ndarray:
        """Return a proposal (particle, free parameter) for each particle; none once the population is finished."""
        return self.unit[:0] if self.finished else proposed(self.unit, self.part, draw)


@dataclass(frozen=True)
class Moves:
    """Proposals that were simulated.

    Attributes:
        particle: (proposal,) which particle each is for, at most one a particle.
        unit, violation, log_density: as of `Population`.
        log_correction: (proposal,) ln h(theta) - ln h(theta') of the first look.
    """

    particle: np.ndarray
    unit: np.ndarray
    violation: np.ndarray
    log_density: np.ndarray
    log_correction: np.ndarray


def started(unit: np.ndarray, violation: np.ndarray, log_density: np.ndarray, parts: int) -> Population:
    """Return the population of the first rules, before any level.

    Args:
        unit, violation, log_density: as of `Population`; drawn from prior g.
        parts: their number.
    """
    return Population(unit, violation, log_density, np.arange(len(unit)), Target(np.inf, 1.0), np.zeros(parts))


def accepted(population: Population, moves: Moves, draw: np.random.Generator) -> np.ndarray:
    """Return whether each move is accepted (proposal,)."""
    gain = moves.log_density - population.log_density[moves.particle]
    ratio = population.target.exponent * gain + moves.log_correction
    # A number for every particle: which proposals a first look refused changes no other one's.
    threshold = np.log(draw.random(len(population)))[moves.particle]
    return (moves.violation <= population.target.tolerance) & (threshold < ratio)


def moved(population: Population, moves: Moves, taken: np.ndarray, sweep: int) -> Population:
    """Return the population after the accepted moves (proposal,) of a sweep."""
    particle = moves.particle[taken]
    arrays = {name: getattr(population, name).copy() for name in ARRAYS}
    for name in ("unit", "violation", "log_density"):
        arrays[name][particle] = getattr(moves, name)[taken]
    arrays["source"][particle] = sweep * len(population) + particle
    return replace(population, **arrays)


def advanced(population: Population, schedule: Schedule, draw: np.random.Generator) -> Population:
    """Return the population at its next level, if its rules are distinct enough; else as it is.

    A level that leaves the rules distinct enough needs no moves: the next one follows at once.
    """
    while population.distinct_share >= schedule.distinct and not population.finished:
        if population.target.is_last:
            return replace(population, finished=True)
        own = population
        level = next_level(own.target, own.violation, own.log_density, own.part, schedule.kept)
        if level is None:
            return population
        population = _at(population, level, draw)
    return population


def _at(population: Population, level: Level, draw: np.random.Generator) -> Population:
    """Return the population at another level, resampled part by part."""
    chosen, factor = np.arange(len(population)), np.zeros(len(population.log_evidence))
    for part in range(len(factor)):
        own = np.flatnonzero(population.part == part)
        chosen[own] = own[resampled(level.weight[own], draw)]
        factor[part] = np.log(level.weight[own].mean())
    arrays = {name: getattr(population, name)[chosen] for name in ARRAYS}
    return replace(population, **arrays, target=level.target, log_evidence=population.log_evidence + factor)


def sampled(
    population: Population,
    simulate: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    schedule: Schedule,
    sweeps: int,
    draw: np.random.Generator,
) -> tuple[Population, int]:
    """Return the population after at most so many sweeps, and their number, of a problem that is simulated at once.

    Args:
        population: of the first rules.
        simulate: unit (particle, free parameter) -> violation, log density (particle,).
    """
    population = advanced(population, schedule, draw)
    for sweep in range(1, sweeps + 1):
        if population.finished:
            return population, sweep - 1
        unit = population.proposed(draw)
        moves = Moves(np.arange(len(unit)), unit, *simulate(unit), np.zeros(len(unit)))
        population = moved(population, moves, accepted(population, moves, draw), sweep)
        population = advanced(population, schedule, draw)
    return population, sweeps
