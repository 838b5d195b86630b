"""Streams of patterns, some of which are repeated; at every step a network is asked whether it saw the pattern before.

At each step, with a given probability, the pattern of R steps ago is repeated if that one was itself new; otherwise the
pattern is new, with independent elements -1 and +1.
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
class StreamShape:
    """Sizes and options of a stream for which its code is compiled.

    Attributes:
        inputs: elements of a pattern.
        steps: patterns in a stream.
        plain: whether there are neither noise nor correlations, which is drawn faster.
    """

    inputs: int
    steps: int
    plain: bool = True


class StreamLaw(NamedTuple):
    """The distribution of a stream; its numbers are not compiled in.

    Attributes:
        interval: R, number of steps after which a pattern is repeated.
        scored: number of steps that count, from the first.
        probability: of a repeat, where there can be one.
        multiple: whether a repeated pattern may be repeated once more.
        noise: probability that an element of a repeated pattern is flipped.
        correlation: of any two new patterns of a stream, which then share a prototype.
    """

    interval: int
    scored: int
    probability: float
    multiple: bool = False
    noise: float = 0.0
    correlation: float = 0.0


class Stream(NamedTuple):
    """Patterns (step, input) of -1 and +1, and whether each is a repeat (step,)."""

    patterns: jax.Array
    repeated: jax.Array


def draw_stream(shape: StreamShape, law: StreamLaw, key: jax.Array) -> Stream:
    """Draw one stream."""
    coin_key, pattern_key, noise_key = jax.random.split(key, 3)
    coins = jax.random.bernoulli(coin_key, law.probability, (shape.steps,))
    step = jnp.arange(shape.steps)
    run = run_lengths(coins & (step >= law.interval), law.interval)
    # Where a repeat is not repeated, every second coin of an unbroken run counts: it finds a new pattern R steps ago.
    repeated = jnp.where(law.multiple, run > 0, run % 2 == 1)
    origin = step - law.interval * jnp.where(repeated, jnp.where(law.multiple, run, 1), 0)
    if shape.plain:
        return Stream(_independent_patterns(shape, pattern_key)[origin], repeated)
    patterns = _correlated_patterns(shape, law.correlation, pattern_key)[origin]
    turned = jax.random.bernoulli(noise_key, law.noise, patterns.shape) & repeated[:, None]
    return Stream(jnp.where(turned, -patterns, patterns), repeated)


def run_lengths(coins: jax.Array, interval: ArrayLike) -> jax.Array:
    """Return the number (step,) of heads among the coins at t, t - R, t - 2R, ... before the first tail, as int32.

    `coins` is (step,). The algorithm is doubling: after k rounds the first 2^k coins of each run have been counted.
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


def _independent_patterns(shape: StreamShape, key: jax.Array) -> jax.Array:
    """Draw independent random patterns (step, input), one a step."""
    words = jax.random.bits(key, (shape.steps, -(-shape.inputs // WORD)), jnp.uint32)
    bits = (words[..., None] >> jnp.arange(WORD, dtype=jnp.uint32)) & 1
    return 2.0 * bits.reshape(shape.steps, -1)[:, : shape.inputs] - 1.0


def _correlated_patterns(shape: StreamShape, correlation: ArrayLike, key: jax.Array) -> jax.Array:
    """Draw patterns (step, input) with a given pairwise correlation: noisy copies of one random prototype."""
    prototype_key, key = jax.random.split(key)
    prototype = jax.random.rademacher(prototype_key, (shape.inputs,), jnp.float32)
    turned = jax.random.bernoulli(key, (1 - jnp.sqrt(correlation)) / 2, (shape.steps, shape.inputs))
    return jnp.where(turned, -prototype, prototype)
