"""A classifier of rules before they are simulated (restriction estimator).

The constraints are treated one after the other: the k-th logistic regression predicts, among the rules that meet all
constraints before, which meet this one too. Where too few of those meet it, the regression is fitted to the rules that
meet only the first constraints, as if the others made no difference. The probability that all are met is the product

    p(x) = prod_k 1 / (1 + exp(-(t(x) slope_k + intercept_k)))

with the terms t: the features x of a rule, each over its root mean square, and all products of two of them.

Source of the idea: Lueckmann et al., AISTATS 2021; Deistler et al., PNAS 119:e2207632119, 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

FOLDS = 8
FEWEST = 5
"""Least number of rules that meet a constraint among those it is fitted to; under the prior, a few change little."""

PRECISION_OF_INTERCEPT = 0.01
"""Precision of the prior of the intercept, whose mean is 0."""

LOG_ODDS_SD = 2.0
"""Standard deviation of the log odds under the prior of the slopes, over all terms; its mean is 0."""


@dataclass(frozen=True)
class Classifier:
    """Logistic regressions of the constraints of a target.

    Attributes:
        scale: (feature,) root mean square.
        slope: (constraint, term).
        intercept: (constraint,).
    """

    scale: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray

    def log_probability(self, features: np.ndarray) -> np.ndarray:
        """Return the log probability (rule,) that a rule with features (rule, feature) meets all these constraints."""
        return np.asarray(log_expit(terms(features / self.scale) @ self.slope.T + self.intercept).sum(axis=1))


def terms(scaled: np.ndarray) -> np.ndarray:
    """Return the terms (rule, term) of features (rule, feature): the features, and the products of every two."""
    one, other = np.triu_indices(scaled.shape[1])
    return np.column_stack([scaled, scaled[:, one] * scaled[:, other]])


def telling(meets: np.ndarray) -> np.ndarray:
    """Return whether a constraint can be learned (constraint,), from `meets` (rule, constraint).

    It can if at least `FEWEST` rules meet it and some do not.
    """
    return (meets.sum(axis=0) >= FEWEST) & ~meets.all(axis=0)


def asked_of(meets: np.ndarray) -> np.ndarray:
    """Return the rules (constraint, rule) to which the regression of each constraint is fitted.

    They are the rules that meet all constraints before; if fewer than `FEWEST` of them meet this one, those that meet
    all constraints before but the last; and so on. `meets` is (rule, constraint).
    """
    first = np.logical_and.accumulate(np.column_stack([np.ones(len(meets), bool), meets]), axis=1).T
    found = []
    for k, own in enumerate(meets.T):
        enough = [(first[n] & own).sum() >= FEWEST for n in range(k + 1)]
        found.append(first[max(np.flatnonzero(enough), default=0)])
    return np.array(found)


def fit(features: np.ndarray, meets: np.ndarray) -> Classifier:
    """Return the classifier fitted to rules: a regression for each constraint.

    Args:
        features: (rule, feature).
        meets: (rule, constraint) whether the rule meets the constraint, in the order of the regressions.
    """
    # A feature that is 0 for all rules stays so.
    scale = np.sqrt(np.square(features).mean(axis=0)) + np.finfo(float).tiny
    design = terms(features / scale)
    found = [_regression(design[asked], own[asked]) for asked, own in zip(asked_of(meets), meets.T, strict=True)]
    coefficients = np.array(found)
    return Classifier(scale, coefficients[:, :-1], coefficients[:, -1])


def held_out_log_probability(features: np.ndarray, meets: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the log probability (rule,) of each rule from a classifier that was fitted without it; see `fit`."""
    folds = generator.permutation(len(features)) % FOLDS
    found = np.empty(len(features))
    for fold in range(FOLDS):
        unseen = folds == fold
        found[unseen] = fit(features[~unseen], meets[~unseen]).log_probability(features[unseen])
    return found


def threshold(log_probability: np.ndarray, missed: float) -> float:
    """Return the log probability below which lies the share `missed` of the total probability of the rules.

    `log_probability` is (rule,).
    """
    ordered = np.sort(log_probability)
    held = np.cumsum(np.exp(ordered - ordered[-1]))
    return float(ordered[np.searchsorted(held, missed * held[-1], side="right")])


def _regression(own_terms: np.ndarray, meets: np.ndarray) -> np.ndarray:
    """Return the most probable coefficients (term + 1,) of terms (rule, term), the intercept last."""
    count = own_terms.shape[1]
    design, sign = np.column_stack([own_terms, np.ones(len(own_terms))]), np.where(meets, 1.0, -1.0)
    precision = np.append(np.full(count, count / LOG_ODDS_SD**2), PRECISION_OF_INTERCEPT)

    def negative_log_posterior(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        right = sign * (design @ coefficients)
        value = -log_expit(right).sum() + precision @ coefficients**2 / 2
        return value, precision * coefficients - design.T @ (sign * expit(-right))

    return np.asarray(minimize(negative_log_posterior, np.zeros(len(precision)), jac=True, method="L-BFGS-B").x)
