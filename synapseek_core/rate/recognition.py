"""How well networks tell repeats in streams: cross-entropy with its gradient, and accuracy; over rules and streams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from synapseek_core.rate.stream_network import Response, StreamNetwork
from synapseek_core.rate.streams import Stream, StreamLaw, draw_stream

FAILED = 10.0
"""Loss of a stream to which the network's answer is no number."""


@dataclass(frozen=True)
class Recognition:
    """A network and the law of the streams that it sees."""

    network: StreamNetwork
    law: StreamLaw

    def answers(self, theta: jax.Array, interval: jax.Array, keys: jax.Array) -> tuple[Stream, Response]:
        """Streams (trial, ...), and the answers to them (rule, trial, ...).

        Args:
            theta: (rule, parameter).
            interval: R.
            keys: (trial,).
        """
        stream_keys, own_keys = jnp.moveaxis(jax.vmap(jax.random.split)(keys), 1, 0)
        streams = jax.vmap(partial(draw_stream, self.law, interval))(stream_keys)
        of_trials = jax.vmap(self.network.respond, (None, 0, 0))
        # One rule after the other: a second batch axis makes small matrix products ten times slower.
        return streams, jax.lax.map(lambda one: of_trials(one, streams.patterns, own_keys), theta)


def cross_entropy(logit: jax.Array, repeated: jax.Array) -> jax.Array:
    """Binary cross-entropy in nats (...), mean over steps, of log odds and whether each was a repeat (..., step)."""
    loss = jnp.where(repeated, jax.nn.softplus(-logit), jax.nn.softplus(logit)).mean(-1)
    return jnp.where(jnp.isfinite(loss), loss, FAILED)


@partial(jax.jit, static_argnames="task")
def answers(task: Recognition, theta: jax.Array, interval: jax.Array, keys: jax.Array) -> tuple[Stream, Response]:
    """Streams and answers; see `Recognition.answers`."""
    return task.answers(theta, interval, keys)


@partial(jax.jit, static_argnames="task")
def loss(task: Recognition, theta: jax.Array, interval: jax.Array, keys: jax.Array) -> jax.Array:
    """Cross-entropy (rule,), mean over streams; arguments as of `Recognition.answers`."""
    streams, found = task.answers(theta, interval, keys)
    return cross_entropy(found.logit, streams.repeated).mean(-1)


@partial(jax.jit, static_argnames="task")
def loss_and_gradient(
    task: Recognition, theta: jax.Array, interval: jax.Array, keys: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Cross-entropy (rule,) and its gradient (rule, parameter); arguments as of `Recognition.answers`."""

    def total(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        value = loss(task, theta, interval, keys)
        # Rules do not see each other, so that the gradient of the sum holds that of each.
        return value.sum(), value

    gradient, value = jax.grad(total, has_aux=True)(theta)
    return value, gradient


@partial(jax.jit, static_argnames="task")
def accuracy(task: Recognition, theta: jax.Array, interval: jax.Array, keys: jax.Array) -> jax.Array:
    """Share of right answers (rule, trial); arguments as of `Recognition.answers`."""
    streams, found = task.answers(theta, interval, keys)
    return ((found.logit > 0) == streams.repeated).mean(-1)
