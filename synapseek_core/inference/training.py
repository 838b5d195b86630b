"""Training of flows, and their weights as files store them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flowjax.train import fit_to_data
from jax.flatten_util import ravel_pytree

from synapseek_core.interfaces.inference import FlowSettings

VALIDATION = 0.15
"""Share of the training data that decides when a model stops to get better."""


def train(
    settings: FlowSettings, key: jax.Array, model: Any, data: Sequence[np.ndarray], loss: Callable[..., jax.Array]
) -> tuple[Any, dict[str, list[float]]]:
    """Return the trained model, and its losses by epoch (`train`, `val`).

    Args:
        data: arrays of one length, which the loss takes in this order.
        loss: as flowjax has it, of (arrays of the model, the rest of it, *data, key).
    """
    trained, losses = fit_to_data(
        key,
        model,
        tuple(jnp.asarray(array, jnp.float32) for array in data),
        loss_fn=loss,
        optimizer=_optimizer(settings.learning_rate, settings.weight_decay / len(data[0])),
        max_epochs=settings.epochs,
        max_patience=settings.patience,
        batch_size=settings.batch_size,
        val_prop=VALIDATION,
        show_progress=False,
    )
    return trained, losses


@cache
def _optimizer(learning_rate: float, weight_decay: float) -> optax.GradientTransformation:
    """Return the optimiser, the same object for all models, so that code is compiled once."""
    return optax.adamw(learning_rate, weight_decay=weight_decay)


def key_of(generator: np.random.Generator) -> jax.Array:
    """Draw a JAX key."""
    return jax.random.key(generator.integers(2**32, dtype=np.uint32))


def weights_of(model: Any) -> np.ndarray:
    """Return all trained numbers of a model in one row (weight,), as files store them."""
    return np.asarray(ravel_pytree(eqx.filter(model, eqx.is_inexact_array))[0])


def with_weights(model: Any, weights: np.ndarray) -> Any:
    """Return a model of the same shape with the numbers (weight,) that `weights_of` returned."""
    arrays, rest = eqx.partition(model, eqx.is_inexact_array)
    return eqx.combine(ravel_pytree(arrays)[1](jnp.asarray(weights, jnp.float32)), rest)
