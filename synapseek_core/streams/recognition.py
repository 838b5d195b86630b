"""Answers of networks to streams, over rules and streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.streams.network import Response, StreamNetwork
from synapseek_core.streams.streams import Stream, StreamLaw, StreamShape, draw_stream

Measure = Callable[[Stream, Response], Any]


class Record(NamedTuple):
    """The stored answers to streams.

    Attributes:
        patterns: (step, input) of the first stream.
        repeated: (trial, step).
        logit: (rule, trial, step) log odds.
        activity: (rule, trial, step) mean over hidden units.
        hidden: (rule, step, unit) while the first stream is shown.
    """

    patterns: Any
    repeated: Any
    logit: Any
    activity: Any
    hidden: Any


@dataclass(frozen=True)
class Recognition:
    """A network and the shape of the streams that it sees."""

    network: StreamNetwork
    shape: StreamShape

    def measured(self, measure: Measure, theta: jax.Array, law: StreamLaw, keys: jax.Array) -> tuple[Stream, Any]:
        """Return streams (trial, ...), and a measure of every rule's answers to them (rule, ...).

        Args:
            measure: streams and answers (trial, ...) -> anything.
            theta: (rule, parameter).
            law: distribution of the streams.
            keys: (trial,).
        """
        stream_keys, own_keys = jnp.moveaxis(jax.vmap(jax.random.split)(keys), 1, 0)
        streams = jax.vmap(partial(draw_stream, self.shape, law))(stream_keys)
        respond = jax.vmap(self.network.respond, (None, 0, 0))
        # One rule after the other: a second batch axis makes small matrix products ten times slower.
        return streams, jax.lax.map(lambda one: measure(streams, respond(one, streams.patterns, own_keys)), theta)

    def mean(self, values: jax.Array, law: StreamLaw) -> jax.Array:
        """Return the mean (...) over the scored steps of values (..., step)."""
        counts = jnp.arange(self.shape.steps) < law.scored
        return jnp.where(counts, values, 0.0).sum(-1) / law.scored


@partial(jax.jit, static_argnames="task")
def record(task: Recognition, theta: jax.Array, law: StreamLaw, keys: jax.Array) -> Record:
    """Return the stored answers, over all steps that are drawn; arguments as of `Recognition.measured`."""

    def measure(streams: Stream, found: Response) -> tuple[jax.Array, ...]:
        return found.logit, found.hidden.mean(-1), found.hidden[0]

    streams, kept = task.measured(measure, theta, law, keys)
    return Record(streams.patterns[0], streams.repeated, *kept)
