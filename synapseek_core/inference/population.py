"""A population of rules of sequential Monte Carlo, and what a sweep of moves makes of it.

A sweep proposes a move for every rule. At tolerance e and exponent b (see `levels`) it is accepted if it passes all of

    density     v < prior(theta') g(theta')^b / (prior(theta) g(theta)^b)   before anything is simulated
    first look  v < h(theta')                                               with what a classifier expects, or h = 1
    simulation  d(theta') <= e
    correction  v < h(theta) / h(theta')                                    so that the first look changes no target

with v uniform on [0, 1], another one each time: delayed acceptance. Once enough rules are distinct the next level is
chosen and the population resampled, each of its parts by itself; until then it moves on.

Source: Christen and Fox, J Comput Graph Stat 14:795, 2005 (delayed acceptance).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from synapseek_core.inference.levels import Level, Target, next_level, resampled
from synapseek_core.inference.moves import distinct, proposed

ARRAYS = ("z", "violation", "log_density", "source")
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
        z: (particle, free parameter) as standard normal numbers, see `PriorBox`.
        violation: (particle,) of the constraints.
        log_density: (particle,) ln g.
        source: (particle,) number of the simulation that the particle is, sweep * particles + particle.
        target: what the population is a sample of.
        log_evidence: (part,) logarithm of the share of the prior that meets the constraints, as far as levels went.
        evidence_variance: of that logarithm over all parts, as if all rules of a level were independent.
        finished: whether the last target is reached and the rules are distinct enough.
    """

    z: np.ndarray
    violation: np.ndarray
    log_density: np.ndarray
    source: np.ndarray
    target: Target
    log_evidence: np.ndarray
    evidence_variance: float = 0.0
    finished: bool = False

    def __len__(self) -> int:
        return len(self.z)

    @property
    def part(self) -> np.ndarray:
        """Part (particle,) of each particle."""
        return np.arange(len(self)) % len(self.log_evidence)

    @property
    def distinct_share(self) -> float:
        """Share of the rules that would be left without copies."""
        return len(distinct(self.z)) / len(self)

    @property
    def evidence(self) -> tuple[float, float]:
        """Logarithm of the mean evidence of the parts, and its standard error.

        That is the larger of two, that of the parts, of which there are few, and that of independent rules.
        """
        largest = self.log_evidence.max()
        scaled = np.exp(self.log_evidence - largest)
        error = scaled.std(ddof=1) / scaled.mean() / np.sqrt(len(scaled))
        return float(largest + np.log(scaled.mean())), float(max(error, np.sqrt(self.evidence_variance)))


@dataclass(frozen=True)
class Proposals:
    """Moves that passed the density and the first look.

    Attributes:
        particle: (proposal,) which particle each is for, at most one a particle.
        z, log_density: as of `Population`.
        look: (proposal,) h(theta').
        correction: (proposal,) h(theta) / h(theta').
        refused: shares of the population whose move was refused by the density, and by the first look.
    """

    particle: np.ndarray
    z: np.ndarray
    log_density: np.ndarray
    look: np.ndarray
    correction: np.ndarray
    refused: tuple[float, float] = (0.0, 0.0)


LogDensity = Callable[[np.ndarray], np.ndarray]
"""z (rule, free parameter) -> ln g (rule,)."""

Look = Callable[[np.ndarray], np.ndarray]
"""z (rule, free parameter) -> h (rule,), the probability with which a move to the rule is simulated."""


def no_look(z: np.ndarray) -> np.ndarray:
    """Return 1 (rule,): all rules are simulated."""
    return np.ones(len(z))


def proposals(population: Population, log_density: LogDensity, look: Look, draw: np.random.Generator) -> Proposals:
    """Return a move for each particle, of those that are to be simulated; none once the population is finished."""
    if population.finished:
        nothing = np.empty(0)
        return Proposals(nothing.astype(np.int64), population.z[:0], nothing, nothing, nothing)
    z = proposed(population.z, population.part, draw)
    density, threshold = log_density(z), np.log(draw.random((2, len(z))))
    prior = (np.square(population.z) - np.square(z)).sum(axis=1) / 2
    likely = threshold[0] < prior + population.target.exponent * (density - population.log_density)
    now, then = look(population.z), look(z)
    passes = likely & (threshold[1] < np.log(then))
    refused = float((~likely).mean()), float((likely & ~passes).mean())
    particle = np.flatnonzero(passes)
    return Proposals(particle, z[passes], density[passes], then[passes], (now / then)[passes], refused)


def started(z: np.ndarray, violation: np.ndarray, log_density: np.ndarray, parts: int) -> Population:
    """Return the population of the first rules, before any level.

    Args:
        z, violation, log_density: as of `Population`; drawn from prior g.
        parts: their number.
    """
    return Population(z, violation, log_density, np.arange(len(z)), Target(np.inf, 1.0), np.zeros(parts))


def moved(
    population: Population, own: Proposals, violation: np.ndarray, sweep: int, draw: np.random.Generator
) -> tuple[Population, np.ndarray]:
    """Return the population after the moves of a sweep, and which of them were accepted (proposal,).

    Args:
        own: moves that were simulated.
        violation: (proposal,) found by simulation.
        sweep: its number, from 1 on.
    """
    # A number for every particle: which moves were refused before changes no other one's.
    threshold = draw.random(len(population))[own.particle]
    taken = (violation <= population.target.tolerance) & (threshold < own.correction)
    particle = own.particle[taken]
    arrays = {name: getattr(population, name).copy() for name in ARRAYS}
    arrays["z"][particle], arrays["log_density"][particle] = own.z[taken], own.log_density[taken]
    arrays["violation"][particle] = violation[taken]
    arrays["source"][particle] = sweep * len(population) + particle
    return replace(population, **arrays), taken


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
    relative = level.weight / level.weight.mean()
    return replace(
        population,
        **{name: getattr(population, name)[chosen] for name in ARRAYS},
        target=level.target,
        log_evidence=population.log_evidence + factor,
        evidence_variance=population.evidence_variance + float(relative.var()) / len(population),
    )
