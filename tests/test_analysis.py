"""Degeneracy, mean field and spike-timing windows on cases with known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapseek_core.analysis.spectra import distances_between_solutions
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.theory.mean_field import pair_rule_rate
from synapseek_core.theory.spectrum import correlations, participation_ratio, principal_axes
from synapseek_core.theory.spike_timing import spike_timing_window


def test_principal_axes_of_a_rotated_diagonal():
    angle = 0.3
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    values, axes = principal_axes(rotation @ np.diag([4.0, 0.25]) @ rotation.T)
    np.testing.assert_allclose(values, [0.25, 4.0])
    np.testing.assert_allclose(np.abs(axes @ rotation), [[0, 1], [1, 0]], atol=1e-12)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)


@given(st.integers(1, 20))
def test_participation_ratio_counts_equal_directions(count):
    assert participation_ratio(np.ones(count)) == pytest.approx(count)
    assert participation_ratio(np.r_[np.ones(count), np.full(5, 1e-9)]) == pytest.approx(count, rel=1e-6)


def test_correlations_of_scaled_variables():
    covariance = np.array([[4.0, -3.0], [-3.0, 9.0]])
    np.testing.assert_allclose(correlations(covariance), [[1, -0.5], [-0.5, 1]])


def test_distance_only_between_rules_that_solve_the_task():
    coordinates = np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    distance = distances_between_solutions(coordinates, np.array([True, True, False]))
    assert distance[0, 1] == pytest.approx(5)
    assert np.isnan(distance[2]).all()


def test_vogels_rule_has_its_known_fixed_point():
    """dw = eta (x_post - 2 r0 tau) at a presynaptic spike, eta x_pre at a postsynaptic one: r = r0 (Vogels 2011)."""
    tau, target = 0.02, 8.0
    theta = np.array([tau, tau, -2 * target * tau, 0.0, 1.0, 1.0])
    np.testing.assert_allclose(pair_rule_rate(theta, np.array([1.0, 10.0, 50.0])), target)


def test_no_positive_fixed_point_is_missing():
    assert np.isnan(pair_rule_rate(np.array([0.02, 0.02, 1.0, 0.0, 1.0, 1.0]), np.array(5.0)))
    assert np.isnan(pair_rule_rate(np.array([0.02, 0.02, 1.0, 0.0, 0.0, 0.0]), np.array(5.0)))


def test_pair_window_is_its_formula():
    theta = np.array([0.02, 0.05, -0.3, 0.1, 0.7, -0.4])
    tau_pre, tau_post, alpha, beta, gamma, kappa = theta
    lags = np.array([-0.1, -0.01, 0.0, 0.01, 0.1])
    expected = alpha + beta + np.where(lags > 0, gamma * np.exp(-lags / tau_pre), 0)
    expected = expected + np.where(lags < 0, kappa * np.exp(lags / tau_post), 0)
    np.testing.assert_allclose(spike_timing_window(SPIKING_FAMILIES["pair"], theta, lags), expected, rtol=1e-6)
