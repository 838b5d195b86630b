"""A classifier of rules before they are simulated (restriction estimator): how probably does one meet the target?

Constraints are asked for one after the other: which of the rules that meet all before meet this one too? Each answer is
a logistic regression, and the probability that all are met is their product,

    p(z) = prod_k 1 / (1 + exp(-(z slope_k + intercept_k)))

Few rules that do what is asked teach what is linear; flows learn the rest.

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

PRECISION_OF_SLOPE, PRECISION_OF_INTERCEPT = 3.0, 0.01
"""Of the prior of the coefficients, about 0: z is in units of the standard deviation of the rules' prior."""


@dataclass(frozen=True)
class Classifier:
    """Regressions of the constraints that are asked for.

    Attributes:
        slope: (constraint, free parameter).
        intercept: (constraint,).
    """

    slope: np.ndarray
    intercept: np.ndarray

    def log_probability(self, z: np.ndarray) -> np.ndarray:
        """Of rules z (rule, free parameter), that each (rule,) meets all these constraints."""
        return np.asarray(log_expit(z @ self.slope.T + self.intercept).sum(axis=1))


def constraints_asked(meets: np.ndarray) -> int:
    """The number of the first constraints that enough rules meet, of meets (rule, constraint)."""
    return int((np.logical_and.accumulate(meets, axis=1).sum(axis=0) >= FEWEST).sum())


def fit(z: np.ndarray, meets: np.ndarray) -> Classifier:
    """Regressions of all constraints.

    Args:
        z: (rule, free parameter).
        meets: (rule, constraint) whether the rule meets it, in the order in which they are asked for.
    """
    left, found = np.ones(len(z), bool), []
    for own in meets.T:
        found.append(_regression(z[left], own[left]))
        left = left & own
    coefficients = np.reshape(found, (-1, z.shape[1] + 1))
    return Classifier(coefficients[:, :-1], coefficients[:, -1])


def held_out_log_probability(z: np.ndarray, meets: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Log probability (rule,) of each rule from a classifier that did not see it; see `fit`."""
    folds = generator.permutation(len(z)) % FOLDS
    found = np.empty(len(z))
    for fold in range(FOLDS):
        unseen = folds == fold
        found[unseen] = fit(z[~unseen], meets[~unseen]).log_probability(z[unseen])
    return found


def _regression(z: np.ndarray, meets: np.ndarray) -> np.ndarray:
    """The most probable coefficients (free parameter + 1,), the intercept last."""
    design, sign = np.column_stack([z, np.ones(len(z))]), np.where(meets, 1.0, -1.0)
    precision = np.append(np.full(z.shape[1], PRECISION_OF_SLOPE), PRECISION_OF_INTERCEPT)

    def negative_log_posterior(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        right = sign * (design @ coefficients)
        value = -log_expit(right).sum() + precision @ coefficients**2 / 2
        return value, precision * coefficients - design.T @ (sign * expit(-right))

    return np.asarray(minimize(negative_log_posterior, np.zeros(len(precision)), jac=True, method="L-BFGS-B").x)
