"""The first look of boosted trees: what it refuses, how often it errs, and that it is the same on any thread."""

import numpy as np
import pytest

from synapseek_core.inference.trees import FEWEST, first_look

DRAW = np.random.default_rng(1)
X = DRAW.standard_normal((1200, 6))
WITHIN = X[:, 0] ** 2 + X[:, 1] ** 2 < 1.0


def look(missed, weight=None, features=X, within=WITHIN):
    weight = np.ones(len(features)) if weight is None else weight
    return first_look(features, within, weight, missed, 0.1, np.random.default_rng(2))


def test_hopeless_rules_are_refused_and_few_others():
    new = np.random.default_rng(3).standard_normal((4000, 6))
    within = new[:, 0] ** 2 + new[:, 1] ** 2 < 1.0
    probability = look(0.1)(new)
    assert set(np.unique(probability)) == {0.1, 1.0}
    refused = probability < 1
    assert refused[~within].mean() > 0.7
    # As many as it says; and a tenth of what is refused is simulated in any case.
    assert refused[within].mean() == pytest.approx(0.1, abs=0.06)
    assert (probability[refused] == 0.1).all()
    assert refused.mean() > (look(0.01)(new) < 1).mean()


def test_first_look_is_the_same_again():
    new = np.random.default_rng(4).standard_normal((500, 6))
    np.testing.assert_array_equal(look(0.1)(new), look(0.1)(new))


def test_too_little_to_learn_from_is_no_first_look():
    few = np.arange(len(X)) < FEWEST - 1
    assert look(0.1, within=few) is None
    assert look(0.1, within=~few) is None


def test_weights_make_up_for_what_was_refused_before():
    """A tenth of the rules with a negative third parameter were simulated, half of which are within the tolerance."""
    draw = np.random.default_rng(5)
    features = draw.standard_normal((6000, 3))
    within = draw.random(6000) < np.where(features[:, 2] < 0, 0.5, 0.4)
    kept = (features[:, 2] > 0) | (draw.random(6000) < 0.1)
    weight = np.where(features[:, 2] < 0, 10.0, 1.0)[kept]
    new = draw.standard_normal((2000, 3))
    refused = look(0.3, weight, features[kept], within[kept])(new) < 1
    assert refused[new[:, 2] > 0].mean() > refused[new[:, 2] < 0].mean()
