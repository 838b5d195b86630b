"""The mean-field set: its rules hold their rates in theory, and its density is that of its draws."""

import numpy as np
import pytest

from synapseek_core.plasticity.mlp import MLP
from synapseek_core.plasticity.pair import PAIR
from synapseek_core.studies import project
from synapseek_core.theory.mean_field import pair_rule_rate
from synapseek_core.theory.mean_field_set import MeanFieldSet, agreement, mean_field_set, rate_pairs
from synapseek_core.theory.synapse import mean_drift

TOLERANCE = 0.1


def set_of(study, grid=4, seed=1):
    settings = project.load_study(study).settings
    space, box = settings.rule_space, settings.prior_box
    low, high = (space.by_synapse_type(end) for end in (box.low, box.high))
    draw = np.random.default_rng(seed)
    return mean_field_set(space.family, space.synapse_types, low, high, rate_pairs(1, 30, grid), TOLERANCE, draw)


@pytest.fixture(scope="module")
def pair_set():
    return set_of("families_polynomial")


def test_rates_are_a_grid_of_equal_ratios():
    np.testing.assert_allclose(rate_pairs(1, 100, 3)[[0, 1, 3, 8]], [[1, 1], [1, 10], [10, 1], [100, 100]])


def test_drawn_rules_hold_their_rates_in_theory(pair_set):
    """The fixed point of the pair rule, by the formula of the published work, spreads about the rate as it shall."""
    theta, rates = pair_set.drawn(400, np.random.default_rng(2))
    assert ((theta >= pair_set.low) & (theta <= pair_set.high)).all()
    for k, kind in enumerate(pair_set.synapse_types):
        pre, post = rates[:, "EI".index(kind[0])], rates[:, "EI".index(kind[1])]
        relative = pair_rule_rate(theta[:, k], pre) / post - 1
        assert np.median(np.abs(relative)) < TOLERANCE
        assert relative.std() < 1.2 * TOLERANCE
        below, above = (
            np.array(
                [
                    mean_drift(PAIR, rule[None], one[None], two[None])[0, 0]
                    for rule, one, two in zip(theta[:, k], pre, post * by, strict=True)
                ]
            )
            for by in (0.5, 1.5)
        )
        assert (np.sign(below) == (1 if kind[0] == "E" else -1)).mean() > 0.95
        assert (np.sign(above) == (-1 if kind[0] == "E" else 1)).mean() > 0.95


def test_density_is_that_of_the_draws():
    """Its mean over the prior is 1, and that of its inverse over the draws the share of the prior that has one.

    A single synapse type: of several, rules of the prior that are in the set are too rare to be counted.
    """
    settings = project.load_study("families_polynomial").settings
    low, high = (
        settings.rule_space.by_synapse_type(end)[2:3] for end in (settings.prior_box.low, settings.prior_box.high)
    )
    own = mean_field_set(PAIR, ("IE",), low, high, rate_pairs(3, 20, 3), 0.3, np.random.default_rng(3))
    draw = np.random.default_rng(4)
    prior = low + (high - low) * draw.random((20_000, *low.shape))
    density = np.exp(own.log_density(prior))
    assert density.mean() == pytest.approx(1, abs=0.05)
    theta, _ = own.drawn(3000, draw)
    inside = density > 1e-3
    assert np.exp(-own.log_density(theta)).mean() == pytest.approx(inside.mean(), rel=0.1)
    # Moments of the prior with the density as weight are those of the draws.
    weighted = (density[:, None] * prior[:, 0]).mean(axis=0)
    np.testing.assert_allclose(theta[:, 0].mean(axis=0), weighted, atol=0.04 * (high - low)[0].max())


def test_rules_of_the_prior_are_hardly_ever_in_it(pair_set):
    draw = np.random.default_rng(5)
    theta, _ = pair_set.drawn(100, draw)
    prior = pair_set.low + (pair_set.high - pair_set.low) * draw.random((2000, *pair_set.low.shape))
    of_set, of_prior = pair_set.log_density(theta), pair_set.log_density(prior)
    assert of_set.min() > 0
    assert (of_prior > 0).mean() < 0.02
    assert (of_prior < -2).mean() > 0.9


def test_any_family_has_one():
    """A network of plasticity, which is not affine in the rates: its drift changes sign where it shall."""
    own = set_of("families_mlp", 2)
    assert own.used.any()
    theta, rates = own.drawn(40, np.random.default_rng(6))
    assert np.isfinite(own.log_density(theta)).all()
    for k, kind in enumerate(own.synapse_types):
        agrees = [
            agreement(MLP, kind, rule[None], one[None], TOLERANCE)[0, 0]
            for rule, one in zip(theta[:, k], rates, strict=True)
        ]
        assert np.median(agrees) > 0.3


def test_set_without_rules_is_empty():
    own = MeanFieldSet(
        PAIR, ("IE",), np.zeros((1, 6)), np.ones((1, 6)), rate_pairs(1, 2, 1), 0.1, np.array([[-np.inf]])
    )
    assert not own.used.any()
    assert (own.log_density(np.ones((3, 1, 6))) == -np.inf).all()
