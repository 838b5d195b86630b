"""Gathers and scatters of JAX arrays.

Places are given as one flat index: compilers turn an index of two columns into slow code. Increments of conductances
are whole numbers of a quantum, so that the order in which a device adds them does not matter.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

BEYOND = 2**30
"""Fills tables up: an index that is out of bounds in every array, even after the place of a slot is added."""


def take(array: jax.Array, index: jax.Array) -> jax.Array:
    """Return elements along the first axis; an index beyond the end gives the last one."""
    return array.at[index].get(mode="clip", wrap_negative_indices=False)


def row(array: jax.Array, leading: jax.Array, unit: jax.Array) -> jax.Array:
    """Return the rows (spike, ...) of an array (leading, unit, ...)."""
    return take(array.reshape(-1, *array.shape[2:]), leading * array.shape[1] + unit)


def entry(array: jax.Array, slot: jax.Array, places: jax.Array) -> jax.Array:
    """Return the entries (spike, place, ...) of an array (slot, place, ...), at several places of each spike's slot."""
    return take(array.reshape(-1, *array.shape[2:]), slot[:, None] * array.shape[1] + places)


def read_first(values: jax.Array) -> jax.Array:
    """Return values, read from an array before anything is written to it.

    A compiler for GPUs would read them within the kernel that writes, and must copy the whole array first for that.
    """
    return jax.lax.optimization_barrier(values)


def add(array: jax.Array, place: jax.Array, values: jax.Array) -> jax.Array:
    """Add values at places of the flattened array; places beyond its end are left out."""
    flat = array.ravel().at[place].add(values, mode="drop", wrap_negative_indices=False)
    return flat.reshape(array.shape)


def put(array: jax.Array, place: jax.Array, values: jax.Array) -> jax.Array:
    """Write values at different places of the flattened array; places beyond its end are left out."""
    flat = array.ravel().at[place].set(values, mode="drop", wrap_negative_indices=False, unique_indices=True)
    return flat.reshape(array.shape)


def put_rows(array: jax.Array, slot: jax.Array, unit: jax.Array, values: jax.Array) -> jax.Array:
    """Write (spike, ...) different rows of an array (slot, unit, ...); slots beyond its end are left out."""
    rows = array.reshape(-1, *array.shape[2:])
    place = slot * array.shape[1] + unit
    new = rows.at[place].set(values, mode="drop", wrap_negative_indices=False, unique_indices=True)
    return new.reshape(array.shape)


def quantise(values: jax.Array, quantum: jax.Array) -> jax.Array:
    """Return the nearest whole numbers of the quantum, as integers; the error is at most half a quantum."""
    return jnp.round(values / quantum).astype(jnp.int32)
