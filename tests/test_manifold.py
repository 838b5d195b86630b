"""The mean-field manifold: its gradient, nearest points, axes, and a cloud on it."""

import numpy as np
import pytest

from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.theory.manifold import PairRuleManifold, cloud_table, spread
from synapseek_core.theory.mean_field import pair_rule_rate

MANIFOLD = PairRuleManifold(40.0, 10.0)
SPACE = RuleSpace(SPIKING_FAMILIES["pair"], ("IE",))


def box(count: int) -> np.ndarray:
    """Rules drawn from the prior box, in search coordinates."""
    generator = np.random.default_rng(0)
    taus = generator.uniform(np.log(0.01), np.log(0.1), (count, 2))
    return np.concatenate([taus, generator.uniform(-2, 2, (count, 4))], axis=1)


def drift(coordinates: np.ndarray) -> np.ndarray:
    return np.sum(MANIFOLD.terms(coordinates), axis=0)


def test_gradient_is_that_of_finite_differences():
    rules, step = box(20), 1e-5
    for k, shift in enumerate(step * np.eye(6)):
        slope = (drift(rules + shift) - drift(rules - shift)) / (2 * step)
        np.testing.assert_allclose(MANIFOLD.gradient(rules)[:, k], slope, rtol=1e-6, atol=1e-6)


def test_nearest_rule_is_on_the_manifold_straight_below():
    rules = box(200)
    nearest = MANIFOLD.nearest(rules)
    assert np.abs(drift(nearest)).max() < 1e-4
    gradient = MANIFOLD.gradient(nearest)
    normal = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    offset = nearest - rules
    np.testing.assert_allclose(np.abs((offset * normal).sum(1)), np.linalg.norm(offset, axis=1), rtol=1e-3)
    # No other of many points on the manifold is nearer.
    others = MANIFOLD.nearest(box(400) * 1.1)
    distance = np.linalg.norm(rules[:, None] - others, axis=-1).min(1)
    assert (MANIFOLD.distance(rules) <= distance + 1e-6).all()


def test_rules_on_the_manifold_hold_the_rate_in_mean_field_theory():
    theta = SPACE.from_coordinates(MANIFOLD.nearest(box(50)))
    rate = pair_rule_rate(theta, np.full(50, MANIFOLD.presynaptic_rate))
    np.testing.assert_allclose(rate, MANIFOLD.rate, rtol=1e-4)


def test_axes_are_the_normal_and_the_principal_axes_of_the_cloud():
    centre = MANIFOLD.nearest(box(1))[0]
    normal = MANIFOLD.gradient(centre)
    normal /= np.linalg.norm(normal)
    generator = np.random.default_rng(1)
    wide = np.cross(normal[:3], generator.standard_normal(3))
    wide = np.concatenate([wide, np.zeros(3)]) / np.linalg.norm(wide)
    cloud = centre + generator.standard_normal((500, 1)) * wide + 0.01 * generator.standard_normal((500, 6))
    axes = MANIFOLD.axes(centre, cloud)
    np.testing.assert_allclose(axes @ axes.T, np.eye(6), atol=1e-10)
    np.testing.assert_allclose(axes[0], normal, atol=1e-12)
    assert abs(axes[1] @ wide) == pytest.approx(1, abs=1e-3)


def test_cloud_near_the_manifold_is_told_from_the_box():
    """Rules moved a given distance off the manifold, in units of their spread."""
    on = MANIFOLD.nearest(box(100))
    gradient = MANIFOLD.gradient(on)
    cloud = on + 0.05 * gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    table = cloud_table(MANIFOLD, box(100), cloud, on[0])
    assert float(table["cloud_distance"][1]) == pytest.approx(0.05, rel=0.05)
    assert float(table["cloud_spread"][1]) == pytest.approx(spread(cloud))
    assert np.median(table["distance_from_manifold"][1]) > 10 * 0.05
    sd = table["cloud_sd"][1]
    assert sd.shape == (6,)
    assert (sd**2).sum() == pytest.approx(np.var(cloud, axis=0).sum(), rel=1e-4)
    assert (np.diff(sd[1:]) <= 1e-9).all()
