"""Streams of patterns in which some come again, and who has seen them before is asked at every step.

At each step, with a given probability, the pattern of R steps ago comes again, if that one was itself new; otherwise
the pattern is new, of independent elements -1 and +1.
Source: Tyulmankov, Yang and Abbott, Neuron 110:544, 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

WORD = 32
"""Elements that are drawn together, as the bits of a random word."""


@dataclass(frozen=True)
class StreamLaw:
    """The law of a stream.

    Attributes:
        inputs: elements of a pattern.
        steps: patterns in a stream.
        probability: of a repeat, where there can be one.
        multiple: whether a pattern that comes again may come once more.
        noise: probability that an element of a repeated pattern is turned over.
        correlation: of any two new patterns of a stream, which then share a prototype.
    """

    inputs: int
    steps: int
    probability: float
    multiple: bool = False
    noise: float = 0.0
    correlation: float = 0.0


class Stream(NamedTuple):
    """Patterns (step, input) of -1 and +1, and whether each is a repeat (step,)."""

    patterns: jax.Array
    repeated: jax.Array


def draw_stream(law: StreamLaw, interval: ArrayLike, key: jax.Array) -> Stream:
    """One stream in which patterns come again after `interval` steps (R)."""
    coin_key, pattern_key, noise_key = jax.random.split(key, 3)
    coins = jax.random.bernoulli(coin_key, law.probability, (law.steps,))
    step = jnp.arange(law.steps)
    run = run_lengths(coins & (step >= interval), interval)
    # Where a repeat is not repeated, every second coin of an unbroken run counts: it finds a new pattern R steps ago.
    repeated = run > 0 if law.multiple else run % 2 == 1
    origin = step - interval * jnp.where(repeated, run if law.multiple else 1, 0)
    patterns = _new_patterns(law, pattern_key)[origin]
    if law.noise:
        turned = jax.random.bernoulli(noise_key, law.noise, patterns.shape) & repeated[:, None]
        patterns = jnp.where(turned, -patterns, patterns)
    return Stream(patterns, repeated)


def run_lengths(coins: jax.Array, interval: ArrayLike) -> jax.Array:
    """How many of the coins (step,) at t, t - R, t - 2R, ... are heads before the first that is not: (step,) int32.

    By doubling: after k rounds the first 2^k coins of each run have been counted.
    """
    count = len(coins)
    step, reach = jnp.arange(count), jnp.asarray(interval, jnp.int32)
    length, unbroken = coins.astype(jnp.int32), coins
    for _ in range((count - 1).bit_length()):
        earlier, inside = jnp.maximum(step - reach, 0), unbroken & (step >= reach)
        length = length + jnp.where(inside, length[earlier], 0)
        unbroken = inside & unbroken[earlier]
        reach = jnp.minimum(2 * reach, count)
    return length


def _new_patterns(law: StreamLaw, key: jax.Array) -> jax.Array:
    """As many independent patterns as there are steps; correlated ones are noisy copies of one prototype."""
    prototype_key, key = jax.random.split(key)
    if law.correlation:
        prototype = jax.random.rademacher(prototype_key, (law.inputs,), jnp.float32)
        turned = jax.random.bernoulli(key, (1 - law.correlation**0.5) / 2, (law.steps, law.inputs))
        return jnp.where(turned, -prototype, prototype)
    words = jax.random.bits(key, (law.steps, -(-law.inputs // WORD)), jnp.uint32)
    bits = (words[..., None] >> jnp.arange(WORD, dtype=jnp.uint32)) & 1
    return 2.0 * bits.reshape(law.steps, -1)[:, : law.inputs] - 1.0
