"""A first look at rules: gradient-boosted trees refuse moves that will hardly be within the tolerance.

The trees see the parameters of a rule and its drifts in mean-field theory (`features`). They are trained on all that
was simulated before, each simulation with the inverse of the probability with which it was simulated as weight. Rules
whose probability is below a threshold, by trees that did not see them, hold the share `missed` of what is within the
tolerance; moves to such rules are simulated with the probability `audited` alone, which also measures how often the
trees err.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synapseek_core.inference.classifier import threshold

FEWEST = 30
"""Least number of rules within the tolerance, and of others, that trees are trained on."""

FOLDS = 4
ITERATIONS, LEAVES, SMALLEST_LEAF, LEARNING_RATE = 80, 8, 20, 0.08
"""Of the trees, few and small: as trained on hundreds to thousands of rules."""

BINS = 32
"""Of a feature; bins of weighted rules are what the time of a fit goes into."""

Probability = Callable[[np.ndarray], np.ndarray]
"""features (rule, feature) -> (rule,)."""


def first_look(
    features: np.ndarray,
    within: np.ndarray,
    weight: np.ndarray,
    missed: float,
    audited: float,
    draw: np.random.Generator,
) -> Probability | None:
    """Return the probability with which a move is simulated, `audited` or 1; None if there is too little to learn from.

    Args:
        features: (rule, feature) of the rules that were simulated.
        within: (rule,) whether each was within the tolerance.
        weight: (rule,) of each.
        missed: share of the probability of these rules that is refused.
    """
    if min(within.sum(), (~within).sum()) < FEWEST:
        return None
    unseen, folds = np.empty(len(features)), draw.permutation(len(features)) % FOLDS
    for fold in range(FOLDS):
        held = folds == fold
        unseen[held] = _fitted(features[~held], within[~held], weight[~held])(features[held])
    lowest, probability = np.exp(threshold(np.log(unseen), missed)), _fitted(features, within, weight)

    def look(seen: np.ndarray) -> np.ndarray:
        return np.where(probability(seen) < lowest, audited, 1.0)

    return look


def _fitted(features: np.ndarray, within: np.ndarray, weight: np.ndarray) -> Probability:
    """Return the probability that a rule is within, by trees fitted to these; on one thread the bits are the same."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingClassifier(
        max_iter=ITERATIONS,
        max_bins=BINS,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=SMALLEST_LEAF,
        learning_rate=LEARNING_RATE,
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(1):
        trees.fit(features, within, sample_weight=weight)

    def probability(seen: np.ndarray) -> np.ndarray:
        with threadpool_limits(1):
            return np.asarray(trees.predict_proba(seen)[:, 1]) if len(seen) else np.empty(0)

    return probability
