"""A classifier of rules before they are simulated (restriction estimator): which can meet the target at all?

Source of the idea: Lueckmann et al., AISTATS 2021; Deistler et al., PNAS 119:e2207632119, 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from synapseek_core.inference.settings import FlowSettings
from synapseek_core.inference.training import key_of, train

FOLDS = 5
FEWEST = 10
"""Rules that there must be of either kind."""


def fit(
    settings: FlowSettings, z: np.ndarray, meets: np.ndarray, generator: np.random.Generator
) -> tuple[list[Any], np.ndarray]:
    """One multilayer perceptron a fold, and the probability (rule,) that those which did not see a rule give it.

    Args:
        z: (rule, free parameter).
        meets: (rule,) whether it meets the target.
    """
    folds = generator.permutation(len(z)) % FOLDS
    networks, probability = [], np.empty(len(z))
    for fold in range(FOLDS):
        seen = folds != fold
        network = _fit_one(settings, z[seen], meets[seen], generator)
        probability[~seen] = probabilities([network], z[~seen])
        networks.append(network)
    return networks, probability


def untrained(settings: FlowSettings, parameters: int, key: jax.Array) -> Any:
    """A network before training; it gives log odds."""
    return eqx.nn.MLP(parameters, "scalar", settings.width, 2, key=key)


def _fit_one(settings: FlowSettings, z: np.ndarray, meets: np.ndarray, generator: np.random.Generator) -> Any:
    # Both kinds weigh the same, however few one is.
    weight = np.where(meets, 0.5 / meets.mean(), 0.5 / (1 - meets.mean()))
    key, network = key_of(generator), untrained(settings, z.shape[1], key_of(generator))
    return train(settings, key, network, (z, meets, weight), _cross_entropy)[0]


def _cross_entropy(
    arrays: Any, rest: Any, z: jax.Array, meets: jax.Array, weight: jax.Array, key: jax.Array
) -> jax.Array:
    logits = jax.vmap(eqx.combine(arrays, rest))(z)
    return (weight * optax.sigmoid_binary_cross_entropy(logits, meets)).mean()


def probabilities(networks: Sequence[Any], z: np.ndarray) -> np.ndarray:
    """Probability (rule,) that a rule z (rule, free parameter) meets the target, mean over networks."""
    rules = jnp.asarray(z, jnp.float32)
    return np.stack([_probability(network, rules) for network in networks]).astype(np.float64).mean(axis=0)


@eqx.filter_jit
def _probability(network: Any, z: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(jax.vmap(network)(z))
