"""Sequential Monte Carlo on problems with known answers: evidence, marginals, regions, whatever the first rules."""

from dataclasses import replace

import numpy as np
import pytest
from known_regions import Balls, NoisyBox
from scipy.stats import kstest, norm

from synapseek_core.inference.levels import Target, lower_tolerance, next_level, resampled
from synapseek_core.inference.moves import CROSSED, CROSSOVER, distinct, folded, proposed
from synapseek_core.inference.population import Moves, Schedule, accepted, advanced, moved, sampled, started

SCHEDULE = Schedule(parts=4, kept=0.5, distinct=0.85)
BALL = Balls(np.full((1, 24), 0.5), np.array([0.5]))
TWO = Balls(np.array([[0.25] * 6, [0.75] * 6]), np.array([0.2, 0.24]))


def flat(unit):
    return np.zeros(len(unit))


def found(problem, parameters, size, seed, log_density=flat, first=None, schedule=SCHEDULE):
    """The population of the end, from the prior unless other first rules are given."""
    draw = np.random.default_rng(seed)
    first = draw.random((size, parameters)) if first is None else first(draw, size)
    begun = started(first, problem.violation(first, draw), log_density(first), schedule.parts)

    def simulate(unit):
        return problem.violation(unit, draw), log_density(unit)

    population, sweeps = sampled(begun, simulate, schedule, 400, draw)
    assert population.finished
    assert sweeps < 400
    return population


def errors_of_evidence(populations, log_evidence):
    """Differences from the truth over the stated errors."""
    return np.array([(own.evidence[0] - log_evidence) / own.evidence[1] for own in populations])


def test_ball_of_known_volume_in_24_dimensions():
    """A share of 1e-10 of the prior; the 24th power of the distance from the centre is uniform."""
    population = found(BALL, 24, 600, 1)
    assert BALL.log_evidence == pytest.approx(-22.886, abs=1e-3)
    value, error = population.evidence
    assert 0.02 < error < 0.8
    assert abs(value - BALL.log_evidence) < 3.5 * error
    distance = BALL.distances(population.unit)[:, 0]
    assert distance.max() <= 1
    assert (distance**24).mean() == pytest.approx(0.5, abs=0.06)
    # Each coordinate of a uniform ball of n dimensions has the variance r^2 / (n + 2).
    assert population.unit.var(axis=0).mean() == pytest.approx(0.25 / 26, rel=0.1)
    np.testing.assert_allclose(population.unit.mean(axis=0), 0.5, atol=0.05)


@pytest.mark.slow
def test_evidence_is_right_within_its_error_again_and_again():
    populations = [found(BALL, 24, 1000, seed) for seed in range(16)]
    errors = errors_of_evidence(populations, BALL.log_evidence)
    # A t distribution of three degrees of freedom, as of four parts: half of it within 0.76, nine tenths within 2.35.
    assert np.abs(np.median(errors)) < 1
    assert (np.abs(errors) < 2.35).mean() >= 0.7
    assert np.mean([own.evidence[0] for own in populations]) == pytest.approx(BALL.log_evidence, abs=0.3)


def test_two_regions_have_their_shares():
    """No small step leads from one to the other."""
    populations = [found(TWO, 6, 400, seed) for seed in range(4)]
    expected = np.exp(TWO.log_volumes[1] - TWO.log_evidence)
    inside = [(TWO.distances(own.unit)[:, 1] <= 1).mean() for own in populations]
    assert np.mean(inside) == pytest.approx(expected, abs=0.08)
    assert np.mean([own.evidence[0] for own in populations]) == pytest.approx(TWO.log_evidence, abs=0.3)


def test_gaussian_linear_model():
    """Noise of the simulation is part of the posterior."""
    problem = NoisyBox(3)
    population = found(problem, 3, 1000, 2)
    for marginal in population.unit.T:
        assert kstest(problem.distribution(marginal), "uniform").statistic < 0.08
    assert population.evidence[0] == pytest.approx(problem.log_evidence, abs=0.2)


def test_first_rules_from_a_wrong_theory_change_nothing_but_the_time():
    """Theory says that rules lie about 0.6, where few of them do; a fifth of the first rules are of the prior."""
    problem, share, place, spread = NoisyBox(3), 0.8, 0.6, 0.08

    def log_density(unit):
        inside = norm.cdf((1 - place) / spread) - norm.cdf(-place / spread)
        theory = (norm.pdf(unit, place, spread) / inside).prod(axis=1)
        return np.log(share * theory + 1 - share)

    def first(draw, size):
        of_theory = draw.random((size, 1)) < share
        near = np.clip(place + spread * draw.standard_normal((size, 3)), 0, 1)
        return np.where(of_theory, near, draw.random((size, 3)))

    population = found(problem, 3, 1000, 3, log_density, first)
    for marginal in population.unit.T:
        assert kstest(problem.distribution(marginal), "uniform").statistic < 0.1
    assert population.evidence[0] == pytest.approx(problem.log_evidence, abs=0.25)
    assert population.target.exponent == 0


def test_first_look_that_refuses_the_wrong_rules_leaves_the_posterior_as_it_is():
    """It refuses nine tenths of the moves to above 0.4, where half of the rules are."""
    problem, draw = NoisyBox(2), np.random.default_rng(4)
    first = draw.random((1200, 2))
    population = started(first, problem.violation(first, draw), flat(first), 4)
    population = advanced(population, SCHEDULE, draw)

    def log_passes(unit):
        return np.log(np.where(unit[:, 0] > 0.4, 0.1, 1.0))

    spent, sweep = 0, 0
    while not population.finished:
        sweep += 1
        unit = population.proposed(draw)
        looked, now = log_passes(unit), log_passes(population.unit)
        passes = np.log(draw.random(len(unit))) < looked
        particle = np.flatnonzero(passes)
        spent += len(particle)
        moves = Moves(
            particle,
            unit[passes],
            problem.violation(unit[passes], draw),
            flat(unit[passes]),
            (now - looked)[passes],
        )
        population = moved(population, moves, accepted(population, moves, draw), sweep)
        population = advanced(population, replace(SCHEDULE, distinct=0.97), draw)
    assert spent < 0.85 * sweep * 1200
    assert kstest(problem.distribution(population.unit[:, 0]), "uniform").statistic < 0.08


def test_proposals_stay_in_the_box_and_come_from_other_parts():
    np.testing.assert_allclose(folded(np.array([-0.2, 0.3, 1.1, 2.4, -3.7])), [0.2, 0.3, 0.9, 0.4, 0.3])
    draw = np.random.default_rng(5)
    unit, part = draw.random((4000, 5)), np.arange(4000) % 2
    found = proposed(unit, part, draw)
    assert ((found >= 0) & (found <= 1)).all()
    # Half of the moves leave some coordinates as they were, at least one moves.
    stays = found == unit
    assert stays.any(axis=1).mean() == pytest.approx(CROSSOVER * (1 - (CROSSED + (1 - CROSSED) / 5) ** 5), abs=0.06)
    assert not stays.all(axis=1).any()
    # One part is at one place: the other part's rules have no difference to move by, but for the noise.
    unit[part == 0] = 0.5
    step = proposed(unit, part, draw) - unit
    assert np.abs(step[part == 1]).max() < 0.06
    assert np.abs(step[part == 0]).max() > 0.3


def test_tolerance_is_a_quantile_that_no_part_falls_out_of():
    violation, part = np.array([0.0, 5.0, 1.0, 6.0, 2.0, 7.0, 3.0, 8.0]), np.arange(8) % 2
    assert lower_tolerance(violation, np.zeros(8, int), np.inf, 0.5) == 3
    assert lower_tolerance(violation, part, np.inf, 0.25) == 5
    assert lower_tolerance(np.full(8, 4.0), part, 4.0, 0.5) == 4
    assert lower_tolerance(np.array([4.0] * 6 + [1.0] * 2), part, 4.0, 0.5) == 1
    assert next_level(Target(4.0, 1.0), np.full(8, 4.0), flat(part), part, 0.5) is None


def test_exponent_falls_as_far_as_the_population_carries():
    log_density = np.log(np.repeat([0.2, 50.0], [100, 900]))
    part, zeros = np.zeros(1000, int), np.zeros(1000)
    level = next_level(Target(0.0, 1.0), zeros, log_density, part, 0.5)
    effective = level.weight.sum() ** 2 / (level.weight**2).sum() / 1000
    assert effective == pytest.approx(0.5, abs=0.01)
    assert 0 < level.target.exponent < 1
    assert next_level(Target(0.0, 1.0), zeros, zeros, part, 0.5).target.is_last


def test_resampling_gives_each_rule_its_share():
    weight = np.array([0.0, 1.0, 2.0, 5.0, 0.0])
    counts = np.mean(
        [np.bincount(resampled(weight, np.random.default_rng(k)), minlength=5) for k in range(2000)], axis=0
    )
    np.testing.assert_allclose(counts, 5 * weight / 8, atol=0.05)
    assert len(distinct(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 2.0]]))) == 2
