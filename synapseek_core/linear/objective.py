"""The loss of rules on a batch of data sets, with its gradient and Hessian through the unrolled inner loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from synapseek_core.linear.data import Batch
from synapseek_core.linear.network import RateNetwork, final_state


@dataclass(frozen=True)
class Objective:
    """The network and the loss by which rules are scored.

    Attributes:
        network: simulated.
        loss: of weights and components (..., output, input).
        stop_penalty: added to the loss of a stopped trial.
    """

    network: RateNetwork
    loss: Callable[[jax.Array, jax.Array], jax.Array]
    stop_penalty: float

    def of_weights(self, weights: ArrayLike, components: ArrayLike, running: ArrayLike) -> jax.Array:
        """Return the loss of final weights (..., output, input), given which trials ran to their end (...)."""
        return self.loss(jnp.asarray(weights), jnp.asarray(components)) + jnp.where(running, 0.0, self.stop_penalty)

    def of_rules(self, theta: jax.Array, batch: Batch, truncation: int | None = None) -> jax.Array:
        """Return the loss (rule,), mean over trials, of theta (rule, synapse_type, parameter)."""
        state = final_state(self.network, theta, jnp.asarray(batch.weights), jnp.asarray(batch.inputs), truncation)
        return self.of_weights(state.feedforward, batch.components, state.running).mean(-1)


@partial(jax.jit, static_argnames="objective")
def batch_loss(objective: Objective, theta: jax.Array, batch: Batch) -> jax.Array:
    """Return the loss (rule,) of theta (rule, synapse_type, parameter)."""
    return objective.of_rules(theta, batch)


@partial(jax.jit, static_argnames=("objective", "truncation"))
def loss_and_gradient(
    objective: Objective, truncation: int | None, theta: jax.Array, batch: Batch
) -> tuple[jax.Array, jax.Array]:
    """Return the loss (rule,) and its gradient, of the shape of theta.

    The gradient is taken through the last `truncation` steps (None: all).
    """

    def total(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        loss = objective.of_rules(theta, batch, truncation)
        # Rules do not see each other, so that the gradient of the sum holds that of each.
        return loss.sum(), loss

    gradient, loss = jax.grad(total, has_aux=True)(theta)
    return loss, gradient


@partial(jax.jit, static_argnames="objective")
def hessian(objective: Objective, theta: jax.Array, batch: Batch) -> jax.Array:
    """Return the Hessian (parameter, parameter) of the loss of one rule (1, synapse_type, parameter).

    Parameters count type by type.
    """

    def loss(flat: jax.Array) -> jax.Array:
        return objective.of_rules(flat.reshape(theta.shape), batch)[0]

    # One direction after the other: together they need as many times the memory.
    flat = theta.ravel()
    return jax.lax.map(lambda direction: jax.jvp(jax.grad(loss), (flat,), (direction,))[1], jnp.eye(flat.size))
