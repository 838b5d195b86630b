"""Loss and accuracy of networks that detect repeats in streams, over rules and streams: cross-entropy, its gradient."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from synapseek_core.streams.entropy import FAILED, cross_entropy
from synapseek_core.streams.network import Response
from synapseek_core.streams.recognition import Recognition
from synapseek_core.streams.streams import Stream, StreamLaw


@partial(jax.jit, static_argnames="task")
def loss(task: Recognition, theta: jax.Array, law: StreamLaw, keys: jax.Array) -> jax.Array:
    """Return the cross-entropy (rule,), mean over steps and streams; arguments as of `Recognition.measured`."""

    def measure(streams: Stream, found: Response) -> jax.Array:
        of_trial = task.mean(cross_entropy(found.logit, streams.repeated), law)
        return jnp.where(jnp.isfinite(of_trial), of_trial, FAILED).mean()

    return task.measured(measure, theta, law, keys)[1]


@partial(jax.jit, static_argnames="task")
def loss_and_gradient(
    task: Recognition, theta: jax.Array, law: StreamLaw, keys: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the cross-entropy (rule,) and its gradient (rule, parameter); arguments as of `Recognition.measured`."""

    def total(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        value = loss(task, theta, law, keys)
        # Rules do not see each other, so that the gradient of the sum holds that of each.
        return value.sum(), value

    gradient, value = jax.grad(total, has_aux=True)(theta)
    return value, gradient


@partial(jax.jit, static_argnames="task")
def accuracy(task: Recognition, theta: jax.Array, law: StreamLaw, keys: jax.Array) -> jax.Array:
    """Return the share of right answers (rule, trial); arguments as of `Recognition.measured`."""

    def measure(streams: Stream, found: Response) -> jax.Array:
        return task.mean((found.logit > 0) == streams.repeated, law)

    return task.measured(measure, theta, law, keys)[1]
