"""A classifier of rules before they are simulated (restriction estimator): how probably does one meet the target?

Constraints are asked for one after the other: which of the rules that meet all before meet this one too? Each answer is
a logistic regression, and the probability that all are met is their product,

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
FEWEST = 10
"""Rules that must meet a constraint and all before for it to be asked for."""

PRECISION_OF_INTERCEPT = 0.01
"""Of its prior, about 0; that of a slope is the number of terms, so that all together say about one in log odds."""


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


def constraints_asked(meets: np.ndarray) -> int:
    """The number of the first constraints that enough rules meet, of meets (rule, constraint)."""
    return int((np.logical_and.accumulate(meets, axis=1).sum(axis=0) >= FEWEST).sum())


def fit(features: np.ndarray, meets: np.ndarray) -> Classifier:
    """Regressions of all constraints.

    Args:
        features: (rule, feature).
        meets: (rule, constraint) whether the rule meets it, in the order in which they are asked for.
    """
    # A feature that is 0 for all rules stays so.
    scale = np.sqrt(np.square(features).mean(axis=0)) + np.finfo(float).tiny
    design = terms(features / scale)
    left, found = np.ones(len(design), bool), []
    for own in meets.T:
        found.append(_regression(design[left], own[left]))
        left = left & own
    coefficients = np.reshape(found, (-1, design.shape[1] + 1))
    return Classifier(scale, coefficients[:, :-1], coefficients[:, -1])


def held_out_log_probability(features: np.ndarray, meets: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Log probability (rule,) of each rule from a classifier that did not see it; see `fit`."""
    folds = generator.permutation(len(features)) % FOLDS
    found = np.empty(len(features))
    for fold in range(FOLDS):
        unseen = folds == fold
        found[unseen] = fit(features[~unseen], meets[~unseen]).log_probability(features[unseen])
    return found


def _regression(own_terms: np.ndarray, meets: np.ndarray) -> np.ndarray:
    """The most probable coefficients (term + 1,) of terms (rule, term), the intercept last."""
    count = own_terms.shape[1]
    design, sign = np.column_stack([own_terms, np.ones(len(own_terms))]), np.where(meets, 1.0, -1.0)
    precision = np.append(np.full(count, float(count)), PRECISION_OF_INTERCEPT)

    def negative_log_posterior(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        right = sign * (design @ coefficients)
        value = -log_expit(right).sum() + precision @ coefficients**2 / 2
        return value, precision * coefficients - design.T @ (sign * expit(-right))

    return np.asarray(minimize(negative_log_posterior, np.zeros(len(precision)), jac=True, method="L-BFGS-B").x)
