"""An ensemble of conditional neural spline flows: a density of parameters given metrics.

Source: Durkan et al., NeurIPS 2019 (neural spline flows); Confavreux et al., NeurIPS 2023 (ensemble of ten).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import coupling_flow
from flowjax.train import fit_to_data
from flowjax.train.losses import MaximumLikelihoodLoss
from jax.flatten_util import ravel_pytree
from scipy.special import logsumexp

from synapseek_core.inference.settings import FlowSettings

SPLINE_INTERVAL = 5.0
"""Splines bend within plus and minus this, in standard deviations of the prior; beyond they are straight."""

VALIDATION = 0.1
"""Share of the training data that decides when a flow stops to get better."""

LIKELIHOOD = MaximumLikelihoodLoss()

Flow = Any


def fit(
    settings: FlowSettings, z: np.ndarray, metrics: np.ndarray, generator: np.random.Generator
) -> tuple[list[Flow], list[dict[str, list[float]]]]:
    """The ensemble, and the losses of each flow by epoch (`train`, `val`): mean negative log density.

    Args:
        z: (simulation, free parameter).
        metrics: (simulation, metric), standardised.
    """
    # The same optimizer and shape for all, so that code is compiled once.
    size = z.shape[1], metrics.shape[1]
    optimizer, shape = optax.adam(settings.learning_rate), untrained(settings, *size)
    fitted = [
        fit_to_data(
            key_of(generator),
            with_weights(shape, weights_of(_built(settings, *size, key_of(generator)))),
            (jnp.asarray(z, jnp.float32), jnp.asarray(metrics, jnp.float32)),
            loss_fn=LIKELIHOOD,
            optimizer=optimizer,
            max_epochs=settings.epochs,
            max_patience=settings.patience,
            batch_size=settings.batch_size,
            val_prop=VALIDATION,
            show_progress=False,
        )
        for _ in range(settings.count)
    ]
    flows, losses = zip(*fitted, strict=True)
    return list(flows), list(losses)


def untrained(settings: FlowSettings, parameters: int, metrics: int) -> Flow:
    """A flow of the shape of all of an ensemble, whose layers permute the parameters alike."""
    return _built(settings, parameters, metrics, jax.random.key(0))


def _built(settings: FlowSettings, parameters: int, metrics: int, key: jax.Array) -> Flow:
    return coupling_flow(
        key,
        base_dist=Normal(jnp.zeros(parameters)),
        transformer=RationalQuadraticSpline(knots=settings.knots, interval=SPLINE_INTERVAL),
        cond_dim=metrics,
        flow_layers=settings.layers,
        nn_width=settings.width,
        nn_depth=2,
    )


def sample(flows: Sequence[Flow], metrics: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One z (draw, free parameter) for each of metrics (draw, metric), each from a flow drawn at random."""
    chosen = generator.integers(len(flows), size=len(metrics))
    condition = jnp.asarray(metrics, jnp.float32)
    drawn = np.stack([_sample(flow, key_of(generator), condition) for flow in flows])
    return drawn[chosen, np.arange(len(metrics))].astype(np.float64)


def log_density(flows: Sequence[Flow], z: np.ndarray, metrics: np.ndarray) -> np.ndarray:
    """Log density (simulation,) of the ensemble, the mean of its flows' densities, in nats."""
    arrays = jnp.asarray(z, jnp.float32), jnp.asarray(metrics, jnp.float32)
    each = np.stack([_log_density(flow, *arrays) for flow in flows])
    return logsumexp(each, axis=0) - np.log(len(flows))


@eqx.filter_jit
def _sample(flow: Flow, key: jax.Array, metrics: jax.Array) -> jax.Array:
    return flow.sample(key, (), condition=metrics)


@eqx.filter_jit
def _log_density(flow: Flow, z: jax.Array, metrics: jax.Array) -> jax.Array:
    return flow.log_prob(z, condition=metrics)


def key_of(generator: np.random.Generator) -> jax.Array:
    """A JAX key."""
    return jax.random.key(generator.integers(2**32, dtype=np.uint32))


def weights_of(model: Any) -> np.ndarray:
    """All trained numbers of a model in one row, as files keep them."""
    return np.asarray(ravel_pytree(eqx.filter(model, eqx.is_inexact_array))[0])


def with_weights(model: Any, weights: np.ndarray) -> Any:
    """A model of the same shape with the numbers that `weights_of` gave."""
    arrays, rest = eqx.partition(model, eqx.is_inexact_array)
    return eqx.combine(ravel_pytree(arrays)[1](jnp.asarray(weights, jnp.float32)), rest)
