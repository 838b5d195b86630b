"""Sequential Monte Carlo on problems with known answers: evidence, marginals, regions, whatever the first rules."""

from dataclasses import replace

import numpy as np
import pytest
from known_regions import Balls, NoisyBox
from scipy.special import ndtr, ndtri
from scipy.stats import kstest, norm

from synapseek_core.inference.levels import Target, lower_tolerance, next_level, resampled
from synapseek_core.inference.moves import CROSSED, CROSSOVER, distinct, proposed
from synapseek_core.inference.population import Schedule, advanced, moved, no_look, proposals, started

SCHEDULE = Schedule(parts=4, kept=0.5, distinct=0.85)
BALL = Balls(np.full((1, 24), 0.5), np.array([0.5]))
TWO = Balls(np.array([[0.25] * 6, [0.75] * 6]), np.array([0.2, 0.24]))


def flat(z):
    return np.zeros(len(z))


def found(problem, parameters, size, seed, log_density=flat, first=None, look=no_look, schedule=SCHEDULE):
    """The rules of the end in the unit box, from the prior unless other first rules are given; simulated in the end."""
    draw = np.random.default_rng(seed)
    z = draw.standard_normal((size, parameters)) if first is None else ndtri(first(draw, size))
    population = started(z, problem.violation(ndtr(z), draw), log_density(z), schedule.parts)
    population, simulated = advanced(population, schedule, draw), size
    for sweep in range(1, 400):
        if population.finished:
            return population, ndtr(population.z), simulated
        own = proposals(population, log_density, look, draw)
        simulated += len(own.particle)
        population, _ = moved(population, own, problem.violation(ndtr(own.z), draw), sweep, draw)
        population = advanced(population, schedule, draw)
    raise AssertionError(f"not finished: {population.target}")


def errors_of_evidence(populations, log_evidence):
    """Differences from the truth over the stated errors."""
    return np.array([(own.evidence[0] - log_evidence) / own.evidence[1] for own in populations])


def test_ball_of_known_volume_in_24_dimensions():
    """A share of 1e-10 of the prior; the 24th power of the distance from the centre is uniform."""
    population, unit, _ = found(BALL, 24, 600, 1)
    assert BALL.log_evidence == pytest.approx(-22.886, abs=1e-3)
    value, error = population.evidence
    assert 0.2 < error < 0.8
    assert abs(value - BALL.log_evidence) < 3.5 * error
    distance = BALL.distances(unit)[:, 0]
    assert distance.max() <= 1
    assert (distance**24).mean() == pytest.approx(0.5, abs=0.06)
    # Each coordinate of a uniform ball of n dimensions has the variance r^2 / (n + 2).
    assert unit.var(axis=0).mean() == pytest.approx(0.25 / 26, rel=0.1)
    np.testing.assert_allclose(unit.mean(axis=0), 0.5, atol=0.05)


@pytest.mark.slow
def test_evidence_is_right_within_its_error_again_and_again():
    populations = [found(BALL, 24, 1000, seed)[0] for seed in range(16)]
    errors = errors_of_evidence(populations, BALL.log_evidence)
    assert np.abs(np.median(errors)) < 1
    assert (np.abs(errors) < 2).mean() >= 0.75
    assert np.mean([own.evidence[0] for own in populations]) == pytest.approx(BALL.log_evidence, abs=0.3)


def test_two_regions_have_their_shares():
    """No small step leads from one to the other."""
    found_again = [found(TWO, 6, 400, seed) for seed in range(4)]
    expected = np.exp(TWO.log_volumes[1] - TWO.log_evidence)
    inside = [(TWO.distances(unit)[:, 1] <= 1).mean() for _, unit, _ in found_again]
    assert np.mean(inside) == pytest.approx(expected, abs=0.1)
    assert np.mean([own.evidence[0] for own, _, _ in found_again]) == pytest.approx(TWO.log_evidence, abs=0.3)


def test_gaussian_linear_model():
    """Noise of the simulation is part of the posterior."""
    problem = NoisyBox(3)
    population, unit, _ = found(problem, 3, 1000, 2)
    for marginal in unit.T:
        assert kstest(problem.distribution(marginal), "uniform").statistic < 0.08
    assert population.evidence[0] == pytest.approx(problem.log_evidence, abs=0.2)


def test_first_rules_from_a_wrong_theory_change_nothing_but_the_time():
    """Theory says that rules lie about 0.6, where few of them do; a fifth of the first rules are of the prior."""
    problem, share, place, spread = NoisyBox(3), 0.8, 0.6, 0.08

    def log_density(z):
        unit = ndtr(z)
        inside = norm.cdf((1 - place) / spread) - norm.cdf(-place / spread)
        theory = (norm.pdf(unit, place, spread) / inside).prod(axis=1)
        return np.log(share * theory + 1 - share)

    def first(draw, size):
        of_theory = draw.random((size, 1)) < share
        near = np.clip(place + spread * draw.standard_normal((size, 3)), 1e-6, 1 - 1e-6)
        return np.where(of_theory, near, draw.random((size, 3)))

    population, unit, _ = found(problem, 3, 1000, 3, log_density, first)
    for marginal in unit.T:
        assert kstest(problem.distribution(marginal), "uniform").statistic < 0.1
    assert population.evidence[0] == pytest.approx(problem.log_evidence, abs=0.25)
    assert population.target.exponent == 0


def test_first_look_that_refuses_the_wrong_rules_leaves_the_posterior_as_it_is():
    """It refuses nine tenths of the moves to above 0.4, where half of the rules are; fewer are simulated."""
    problem, schedule = NoisyBox(2), Schedule(4, 0.5, 0.97)
    look = found(problem, 2, 1000, 4, look=lambda z: np.where(ndtr(z[:, 0]) > 0.4, 0.1, 1.0), schedule=schedule)
    assert kstest(problem.distribution(look[1][:, 0]), "uniform").statistic < 0.1
    assert look[0].evidence[0] == pytest.approx(problem.log_evidence, abs=0.2)


def test_what_is_refused_is_not_simulated():
    population = started(np.zeros((1000, 3)), flat(np.zeros(1000)), np.zeros(1000), 2)
    own = proposals(population, flat, lambda z: np.where(z[:, 0] > 0, 0.1, 1.0), np.random.default_rng(6))
    density, look = own.refused
    assert len(own.particle) == round(1000 * (1 - density - look))
    # Half of the moves of that coordinate, which a part of the moves leaves as it is, and nine tenths of those.
    moves = 1 - CROSSOVER * (1 - CROSSED) * 2 / 3
    assert look == pytest.approx(0.45 * moves * (1 - density), abs=0.05)
    assert set(own.look) == {0.1, 1.0}
    np.testing.assert_allclose(own.correction, np.where(own.look == 1, 1, 10.0))
    finished = replace(population, finished=True)
    assert not len(proposals(finished, flat, no_look, np.random.default_rng(6)).particle)


def test_moves_come_from_other_parts():
    draw = np.random.default_rng(5)
    z, part = draw.standard_normal((4000, 5)), np.arange(4000) % 2
    found = proposed(z, part, draw)
    # Half of the moves leave some coordinates as they were, at least one moves.
    stays = found == z
    expected = CROSSOVER * (1 - (CROSSED + (1 - CROSSED) / 5) ** 5)
    assert stays.any(axis=1).mean() == pytest.approx(expected, abs=0.06)
    assert not stays.all(axis=1).any()
    # One part is at one place: the other part's rules have no difference to move by, but for the noise.
    z[part == 0] = 0.5
    step = proposed(z, part, draw) - z
    assert np.abs(step[part == 1]).max() < 0.2
    assert np.abs(step[part == 0]).max() > 1


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


def test_tolerance_and_exponent_fall_together():
    draw = np.random.default_rng(7)
    violation, log_density, part = draw.random(1000), 2 * draw.standard_normal(1000), np.zeros(1000, int)
    level = next_level(Target(np.inf, 1.0), violation, log_density, part, 0.25)
    stays = violation <= level.target.tolerance
    assert stays.sum() == 500
    np.testing.assert_allclose(level.weight, stays * np.exp((level.target.exponent - 1) * log_density))
    weight = level.weight[stays]
    assert weight.sum() ** 2 / (weight**2).sum() / 500 == pytest.approx(0.5, abs=0.01)
    assert next_level(Target(1.0, 0.0), violation, log_density, part, 0.25).weight.sum() == 250


def test_resampling_gives_each_rule_its_share():
    weight = np.array([0.0, 1.0, 2.0, 5.0, 0.0])
    counts = np.mean(
        [np.bincount(resampled(weight, np.random.default_rng(k)), minlength=5) for k in range(2000)], axis=0
    )
    np.testing.assert_allclose(counts, 5 * weight / 8, atol=0.05)
    assert len(distinct(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 2.0]]))) == 2
