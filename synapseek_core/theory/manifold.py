"""The mean-field manifold of the pair rule, and a cloud of learned rules beside it.

Rules under which the mean weight change vanishes at presynaptic rate r_pre and postsynaptic rate r,

    drift(theta) = alpha r_pre + beta r + (gamma tau_pre + kappa tau_post) r_pre r = 0,

are a surface of five dimensions in the six search coordinates. Neglected are the correlations of the two neurons'
spikes. Source: Confavreux et al., NeurIPS 2020, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from synapseek_core.theory.spectrum import principal_axes

ITERATIONS = 100
"""Steps towards the nearest rule: what is left of the drift is then below 1e-5 Hz for rules of the prior box."""


@dataclass(frozen=True)
class PairRuleManifold:
    """The mean-field manifold of the pair rule, on which the drift vanishes.

    The coordinates of a rule are ln tau_pre, ln tau_post (of s), alpha, beta, gamma, kappa.

    Attributes:
        presynaptic_rate, rate: r_pre and r in Hz.
    """

    presynaptic_rate: float
    rate: float

    def terms(self, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the drift (...) in Hz of rules (..., coordinate) in its parts of unpaired and of paired spikes."""
        log_tau_pre, log_tau_post, alpha, beta, gamma, kappa = np.moveaxis(np.asarray(coordinates, np.float64), -1, 0)
        product = self.presynaptic_rate * self.rate
        paired = (gamma * np.exp(log_tau_pre) + kappa * np.exp(log_tau_post)) * product
        return alpha * self.presynaptic_rate + beta * self.rate, paired

    def gradient(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the gradient (..., coordinate) of the drift of rules (..., coordinate)."""
        log_tau_pre, log_tau_post, alpha, _, gamma, kappa = np.moveaxis(np.asarray(coordinates, np.float64), -1, 0)
        pre, post = (np.exp(tau) * self.presynaptic_rate * self.rate for tau in (log_tau_pre, log_tau_post))
        flat = np.ones_like(alpha)
        parts = [gamma * pre, kappa * post, self.presynaptic_rate * flat, self.rate * flat, pre, post]
        return np.stack(parts, axis=-1)

    def nearest(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the rule (..., coordinate) on the manifold that is nearest to each rule (..., coordinate).

        A local minimum of the distance, by sequential quadratic programming from the rule itself: every step goes half
        the way to the nearest rule on the plane that touches the drift's level.
        """
        rules = np.asarray(coordinates, np.float64)
        found = rules
        for _ in range(ITERATIONS):
            gradient = self.gradient(found)
            excess = sum(self.terms(found)) - (gradient * (found - rules)).sum(axis=-1)
            on_plane = rules - (excess / (gradient**2).sum(axis=-1))[..., None] * gradient
            found = (found + on_plane) / 2
        return found

    def distance(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the distance (...) of rules (..., coordinate) from the manifold, in search coordinates."""
        return np.linalg.norm(np.asarray(coordinates) - self.nearest(coordinates), axis=-1)

    def axes(self, centre: np.ndarray, cloud: np.ndarray) -> np.ndarray:
        """Return orthonormal axes (manifold_axis, coordinate) at a point (coordinate,) of the manifold.

        The first is normal to the manifold; the others are the principal axes of the cloud (rule, coordinate) within
        the manifold's tangent space, widest first.
        """
        normal = self.gradient(centre)
        normal = normal / np.linalg.norm(normal)
        tangent = scipy.linalg.null_space(normal[None])
        within = (cloud - cloud.mean(axis=0)) @ tangent
        _, principal = principal_axes(within.T @ within)
        return np.concatenate([normal[None], principal[::-1] @ tangent.T])


def spread(cloud: np.ndarray) -> float:
    """Return the standard deviation of a cloud of rules (rule, coordinate) along one direction.

    It is the root of the mean variance of the coordinates.
    """
    return float(np.sqrt(np.var(cloud, axis=0).mean()))


def cloud_table(
    manifold: PairRuleManifold, rules: np.ndarray, cloud: np.ndarray, centre: np.ndarray
) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]:
    """Return where rules and a cloud of solutions lie relative to the manifold, as variables of a degeneracy file.

    Args:
        rules: (rule, coordinate) all rules of the study.
        cloud: (rule, coordinate) those that solve the task.
        centre: (coordinate,) the point of the manifold at which the axes start.
    """
    axes = manifold.axes(centre, cloud)
    distance = float(np.sqrt((manifold.distance(cloud) ** 2).mean()))
    variables = {
        "distance_from_manifold": (
            ("rule",),
            manifold.distance(rules),
            "distance from the mean-field manifold in search coordinates",
        ),
        "cloud_distance": ((), distance, "root mean square distance of the solutions from the mean-field manifold"),
        "cloud_spread": ((), spread(cloud), "standard deviation of the solutions in one direction"),
        "cloud_sd": (
            ("manifold_axis",),
            ((cloud - cloud.mean(axis=0)) @ axes.T).std(axis=0),
            "standard deviation of the solutions along the axis",
        ),
        "manifold_axis_component": (("manifold_axis", "coordinate"), axes, "components of the axis"),
    }
    return {
        name: (dims, np.asarray(values, np.float32), {"units": "1", "long_name": text})
        for name, (dims, values, text) in variables.items()
    }
