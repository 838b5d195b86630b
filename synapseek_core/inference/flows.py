"""An ensemble of conditional neural spline flows: a density of parameters given metrics.

Source: Durkan et al., NeurIPS 2019 (neural spline flows); Confavreux et al., NeurIPS 2023 (ensemble of ten).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from flowjax.bijections import Chain, Coupling, Invert, Permute, RationalQuadraticSpline, Scan
from flowjax.distributions import Normal, Transformed
from flowjax.train.losses import MaximumLikelihoodLoss
from scipy.special import logsumexp

from synapseek_core.inference.training import key_of, train, weights_of, with_weights
from synapseek_core.inference.unfinished import NOTHING, Trained, Unfinished
from synapseek_core.interfaces.inference import FlowSettings

SPLINE_INTERVAL = 5.0
"""Splines bend within plus and minus this, in standard deviations of the prior; beyond they are straight."""

PRIOR_WEIGHT = 100.0
"""Simulations that would outweigh the prior's belief that metrics say nothing about parameters."""

LIKELIHOOD = MaximumLikelihoodLoss()

Flow = Any


@dataclass(frozen=True)
class Ensemble:
    """A density of z given metrics x: a linear model, and flows of its residual that begin near the prior,

        z = x slope + intercept + e,   e given x from the mean of the flows' densities

    so that few simulations teach what is linear, and many the rest.

    Attributes:
        slope: (metric, free parameter).
        intercept: (free parameter,).
        flows: of one shape.
    """

    slope: np.ndarray
    intercept: np.ndarray
    flows: Sequence[Flow]

    def sample(self, metrics: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Draw one z (draw, free parameter) for each of metrics (draw, metric), each from a flow drawn at random."""
        chosen = generator.integers(len(self.flows), size=len(metrics))
        condition = jnp.asarray(metrics, jnp.float32)
        drawn = np.stack([_sample(flow, key_of(generator), condition) for flow in self.flows])
        rest = drawn[chosen, np.arange(len(metrics))].astype(np.float64)
        return metrics @ self.slope + self.intercept + rest

    def log_density(self, z: np.ndarray, metrics: np.ndarray) -> np.ndarray:
        """Return the log density (simulation,) in nats of z (simulation, free parameter) given metrics.

        `metrics` is (simulation, metric).
        """
        rest = z - metrics @ self.slope - self.intercept
        arrays = jnp.asarray(rest, jnp.float32), jnp.asarray(metrics, jnp.float32)
        each = np.stack([_log_density(flow, *arrays) for flow in self.flows])
        return logsumexp(each, axis=0) - np.log(len(self.flows))


def fit(
    settings: FlowSettings,
    z: np.ndarray,
    metrics: np.ndarray,
    generator: np.random.Generator,
    unfinished: Unfinished = NOTHING,
) -> tuple[Ensemble, list[dict[str, list[float]]]]:
    """Return the fitted ensemble, and the losses of each flow by epoch (`train`, `val`): mean negative log density.

    The linear model is fitted by least squares with a penalty of `PRIOR_WEIGHT` times its squared coefficients.

    Args:
        z: (simulation, free parameter).
        metrics: (simulation, metric), as normal scores.
        unfinished: flows that were trained before; what is trained here is kept there.
    """
    design = np.column_stack([metrics, np.ones(len(metrics))])
    penalty = PRIOR_WEIGHT * np.eye(design.shape[1])
    *slope, intercept = np.linalg.solve(design.T @ design + penalty, design.T @ z)
    rest = z - design @ np.stack([*slope, intercept])
    size = z.shape[1], metrics.shape[1]
    shape = untrained(settings, *size)

    def trained(key: jax.Array, start: jax.Array) -> Trained:
        model = with_weights(shape, weights_of(_built(settings, *size, start)))
        flow, losses = train(settings, key, model, (rest, metrics), LIKELIHOOD)
        return weights_of(flow), losses

    data = settings.model_dump_json().encode(), rest.tobytes(), metrics.tobytes()
    fitted = []
    for index in range(settings.count):
        keys = key_of(generator), key_of(generator)
        made_from = (*data, *(np.asarray(jax.random.key_data(key)).tobytes() for key in keys))
        fitted.append(unfinished.flow(index, made_from, partial(trained, *keys)))
    weights, losses = zip(*fitted, strict=True)
    return Ensemble(np.stack(slope), intercept, [with_weights(shape, one) for one in weights]), list(losses)


@cache
def untrained(settings: FlowSettings, parameters: int, metrics: int) -> Flow:
    """Return an untrained flow, the same object for all of one size, so that code is compiled once.

    In all flows of an ensemble the layers permute the parameters alike.
    """
    return _built(settings, parameters, metrics, jax.random.key(0))


def _built(settings: FlowSettings, parameters: int, metrics: int, key: jax.Array) -> Flow:
    """Return a flow whose layers each transform half of the parameters, given the other half and the metrics."""

    def layer(own_key: jax.Array, permutation: jax.Array) -> Any:
        coupling = Coupling(
            own_key,
            transformer=RationalQuadraticSpline(knots=settings.knots, interval=SPLINE_INTERVAL),
            untransformed_dim=parameters // 2,
            dim=parameters,
            cond_dim=metrics,
            nn_width=settings.width,
            nn_depth=2,
        )
        return Chain([coupling, Permute(permutation)])

    layers = eqx.filter_vmap(layer)(jax.random.split(key, settings.layers), _permutations(settings.layers, parameters))
    return Transformed(Normal(jnp.zeros(parameters)), Invert(Scan(layers)))


def _permutations(layers: int, parameters: int) -> jax.Array:
    """Return the order (layer, parameter) after each layer.

    Two layers together move all parameters; the next two split the parameters in other halves.
    """
    draw, reverse = np.random.default_rng(0), np.arange(parameters)[::-1]
    return jnp.array([draw.permutation(parameters) if k % 2 else reverse for k in range(layers)])


@eqx.filter_jit
def _sample(flow: Flow, key: jax.Array, metrics: jax.Array) -> jax.Array:
    return flow.sample(key, (), condition=metrics)


@eqx.filter_jit
def _log_density(flow: Flow, z: jax.Array, metrics: jax.Array) -> jax.Array:
    return flow.log_prob(z, condition=metrics)
