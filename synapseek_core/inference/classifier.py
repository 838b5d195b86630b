"""A classifier of rules before they are simulated (restriction estimator): how probably does one meet the target?

Constraints are asked for one after the other: which of the rules that meet all before meet this one too? Where too few
of these do to tell, it is asked of those that meet the first ones, as if the others made no difference to it. Each
answer is a logistic regression, and the probability that all are met is their product,

    p(x) = prod_k 1 / (1 + exp(-(t(x) slope_k + intercept_k)))

of terms t: the features x of a rule, each over its root mean square, and all products of two of them.

Source of the idea: Lueckmann et al., AISTATS 2021; Deistler et al., PNAS 119:e2207632119, 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

FOLDS = 8
FEWEST = 5
"""Rules that must meet a constraint, of those of whom it is asked. The prior sees to it that a few say little."""

PRECISION_OF_INTERCEPT = 0.01
"""Of its prior, about 0."""

LOG_ODDS_SD = 2.0
"""What all terms together change by the prior of their slopes, about 0."""


@dataclass(frozen=True)
class Classifier:
    """Regressions of the constraints that are asked for.

    Attributes:
        scale: (feature,) root mean square.
        slope: (constraint, term).
        intercept: (constraint,).
    """

    scale: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray

    def log_probability(self, features: np.ndarray) -> np.ndarray:
        """That each rule (rule,) meets all these constraints, of features (rule, feature)."""
        return np.asarray(log_expit(terms(features / self.scale) @ self.slope.T + self.intercept).sum(axis=1))


def terms(scaled: np.ndarray) -> np.ndarray:
    """(rule, term) of features (rule, feature): themselves, and the products of every two."""
    one, other = np.triu_indices(scaled.shape[1])
    return np.column_stack([scaled, scaled[:, one] * scaled[:, other]])


def telling(meets: np.ndarray) -> np.ndarray:
    """(constraint,) whether enough rules meet it, and some do not, of meets (rule, constraint)."""
    return (meets.sum(axis=0) >= FEWEST) & ~meets.all(axis=0)


def asked_of(meets: np.ndarray) -> np.ndarray:
    """(constraint, rule) of which rules each constraint is asked, of meets (rule, constraint).

    Of those that meet all before; if fewer than `FEWEST` of them meet it, of those that meet all but the last before;
    and so on.
    """
    first = np.logical_and.accumulate(np.column_stack([np.ones(len(meets), bool), meets]), axis=1).T
    found = []
    for k, own in enumerate(meets.T):
        enough = [(first[n] & own).sum() >= FEWEST for n in range(k + 1)]
        found.append(first[max(np.flatnonzero(enough), default=0)])
    return np.array(found)


def fit(features: np.ndarray, meets: np.ndarray) -> Classifier:
    """Regressions of all constraints.

    Args:
        features: (rule, feature).
        meets: (rule, constraint) whether the rule meets it, in the order in which they are asked for.
    """
    # A feature that is 0 for all rules stays so.
    scale = np.sqrt(np.square(features).mean(axis=0)) + np.finfo(float).tiny
    design = terms(features / scale)
    found = [_regression(design[asked], own[asked]) for asked, own in zip(asked_of(meets), meets.T, strict=True)]
    coefficients = np.array(found)
    return Classifier(scale, coefficients[:, :-1], coefficients[:, -1])


def held_out_log_probability(features: np.ndarray, meets: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Log probability (rule,) of each rule from a classifier that did not see it; see `fit`."""
    folds = generator.permutation(len(features)) % FOLDS
    found = np.empty(len(features))
    for fold in range(FOLDS):
        unseen = folds == fold
        found[unseen] = fit(features[~unseen], meets[~unseen]).log_probability(features[unseen])
    return found


def threshold(log_probability: np.ndarray, missed: float) -> float:
    """Log probability below which are rules that hold this share of all the probability, of log_probability (rule,)."""
    ordered = np.sort(log_probability)
    held = np.cumsum(np.exp(ordered - ordered[-1]))
    return float(ordered[np.searchsorted(held, missed * held[-1], side="right")])


def _regression(own_terms: np.ndarray, meets: np.ndarray) -> np.ndarray:
    """The most probable coefficients (term + 1,) of terms (rule, term), the intercept last."""
    count = own_terms.shape[1]
    design, sign = np.column_stack([own_terms, np.ones(len(own_terms))]), np.where(meets, 1.0, -1.0)
    precision = np.append(np.full(count, count / LOG_ODDS_SD**2), PRECISION_OF_INTERCEPT)

    def negative_log_posterior(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        right = sign * (design @ coefficients)
        value = -log_expit(right).sum() + precision @ coefficients**2 / 2
        return value, precision * coefficients - design.T @ (sign * expit(-right))

    return np.asarray(minimize(negative_log_posterior, np.zeros(len(precision)), jac=True, method="L-BFGS-B").x)
