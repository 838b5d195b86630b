"""Loops over the spikes of a step in compiled code, whose array shapes are fixed.

A mask says which units of which rows spike. Spikes are taken from it a few at a time for as long as there are
any, so a burst takes more turns and no spike is ever lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from synapseek_core.neurons.model import TIME_STEP

WORD = 64
"""Units whose spikes are counted together: a spike is looked up among the words, then inside its word."""

TYPICAL_RATE = 20.0
"""Mean rate, in Hz, at which one turn handles all spikes of a step; only speed depends on it."""

Carried = TypeVar("Carried")


class Spikes(NamedTuple):
    """Some spikes: (spike,) row of the mask and unit of each. Unused places have a row beyond the last.

    A row is a slot, or a time step and a slot.
    """

    row: jax.Array
    unit: jax.Array


def spikes_a_turn(units: int) -> int:
    """Return the number of spikes handled together among so many units.

    It is at least 2, else weights would not be changed in place.
    """
    return 2 ** math.ceil(math.log2(max(2.0, units * TYPICAL_RATE * TIME_STEP)))


def for_each_spike(mask: jax.Array, handle: Callable[[Spikes, Carried], Carried], carried: Carried) -> Carried:
    """Call handle(spikes, carried) -> carried until every spike of `mask` (row, unit) was handled, in order."""
    rows, units = mask.shape
    at_once = spikes_a_turn(mask.size)
    words = jnp.pad(mask.ravel(), (0, -mask.size % WORD)).reshape(-1, WORD)
    up_to = jnp.cumsum(jnp.sum(words, axis=1, dtype=jnp.int32))
    total = up_to[-1]

    def turn(number: jax.Array, carried: Carried) -> Carried:
        ranks = number * at_once + jnp.arange(1, at_once + 1, dtype=jnp.int32)
        place = _place_of_rank(words, up_to, ranks, rows * units)
        return handle(Spikes(jax.lax.div(place, units), jax.lax.rem(place, units)), carried)

    return jax.lax.fori_loop(0, (total + at_once - 1) // at_once, turn, carried)


def _place_of_rank(words: jax.Array, up_to: jax.Array, ranks: jax.Array, beyond: int) -> jax.Array:
    """Return the positions in the flattened mask of the spikes of those ranks, from 1; `beyond` where there are fewer.

    up_to: (word,) number of spikes to the end of each word.
    """
    word = jnp.searchsorted(up_to, ranks, method="scan_unrolled").astype(jnp.int32)
    word = jnp.minimum(word, len(words) - 1)
    seen = jnp.cumsum(words[word], axis=1, dtype=jnp.int32)
    reached = seen - seen[:, -1:] + up_to[word, None] >= ranks[:, None]
    position = word[:, None] * WORD + jnp.arange(WORD, dtype=jnp.int32)
    # The reduction comes last: compilers would compute what follows it again at every use.
    return jnp.min(jnp.where(reached, position, beyond), axis=1)
