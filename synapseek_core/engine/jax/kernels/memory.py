"""What kernels read from arrays and write to them, and how they go through the spikes of a slot.

A kernel runs once for every slot and tile of units. Its arrays are wholly in the device's memory; columns of a row are
taken so many at a time, since a vector's length must be a power of 2. Lanes that are masked read 0 and write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from synapseek_core.engine.jax.tables import Compute

Ref = Any
"""An array in the device's memory."""

UNITS = 1024
"""Presynaptic units whose spikes one program goes through, one after the other."""

COLUMNS = 512
"""Most synapses of a row that a program handles at once."""

WARPS = 4
"""Groups of 32 threads of a program; our choice."""

_WHOLE = 2.0**23
"""Single-precision numbers from here on are whole."""


def run(
    kernel: Callable[..., None],
    name: str,
    compute: Compute,
    grid: tuple[int, int],
    given: Any,
    changing: Any,
    new: Any = (),
) -> tuple[Any, Any]:
    """Run `kernel(given, changing, new)` for every place of the grid and return `changing` and `new`.

    Args:
        kernel: is called with references to the arrays, once for every slot and tile.
        name: of the kernel in the program.
        compute: how blocks are computed, `kernels` or `interpreted`.
        grid: (slots, tiles), see `grid`.
        given: tree of arrays that are read.
        changing: tree of arrays that are changed in place.
        new: tree of shapes of arrays that are made; what a kernel does not write there is undefined.
    """
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), changing)
    first, count = len(jax.tree.leaves(given)), len(jax.tree.leaves(changing))

    def body(given: Any, _: Any, changing: Any, new: Any) -> None:
        kernel(given, changing, new)

    return pl.pallas_call(
        body,
        out_shape=(shapes, new),
        grid=grid,
        input_output_aliases={first + k: k for k in range(count)},
        interpret=compute == "interpreted",
        compiler_params=triton.CompilerParams(num_warps=WARPS, num_stages=1),
        name=name,
    )(given, changing)


def grid(slots: int, units: Iterable[int], tile: int = UNITS) -> tuple[int, int]:
    """Return slots, and the number of tiles that the largest number of units fills: those of others fit in there."""
    return slots, -(-max(units, default=1) // tile)


def lanes(first: Any, count: int) -> jax.Array:
    """Return first, first + 1, and so on."""
    return first + jnp.arange(count, dtype=jnp.int32)


def scalar(ref: Ref, *place: Any) -> jax.Array:
    """Return one number."""
    return triton.load(ref.at[tuple(jnp.int32(k) for k in place)])


def slot() -> jax.Array:
    """Return the slot of this program."""
    return pl.program_id(0)


def tile() -> jax.Array:
    """Return the number of the tile of this program."""
    return pl.program_id(1)


def piece(ref: Ref, leading: tuple[Any, ...], first: Any, mask: jax.Array, other: Any = 0) -> jax.Array:
    """Return consecutive numbers along the last axis, as many as the mask is long."""
    place = (*(jnp.int32(k) for k in leading), pl.ds(first, len(mask)))
    return triton.load(ref.at[place], mask=mask, other=jnp.asarray(other, ref.dtype))


def put_piece(ref: Ref, leading: tuple[Any, ...], first: Any, values: jax.Array, mask: jax.Array) -> None:
    """Write consecutive numbers along the last axis."""
    triton.store(ref.at[(*(jnp.int32(k) for k in leading), pl.ds(first, len(mask)))], values, mask=mask)


def entries(ref: Ref, slot: Any, places: jax.Array, column: int | None, mask: jax.Array) -> jax.Array:
    """Return a column at some places of an array (slot, place, column), or (slot, place) if there are no columns."""
    safe = jnp.where(mask, places, 0)
    place = (jnp.full_like(safe, slot), safe, *(() if column is None else (jnp.full_like(safe, column),)))
    return triton.load(ref.at[place], mask=mask, other=jnp.asarray(0, ref.dtype))


def add_at(
    ref: Ref, leading: tuple[Any, ...], places: jax.Array, values: jax.Array, mask: jax.Array, compute: Compute
) -> None:
    """Add whole numbers at places along the last axis; programs that add to the same place take turns."""
    leading = tuple(jnp.int32(k) for k in leading)
    if compute == "interpreted":
        # Programs run one after the other there.
        everything = (*leading, pl.ds(0, ref.shape[-1]))
        plane = triton.load(ref.at[everything])
        triton.store(ref.at[everything], plane.at[jnp.where(mask, places, len(plane))].add(values, mode="drop"))
        return
    safe = jnp.where(mask, places, 0)
    place = (*(jnp.full_like(safe, k) for k in leading), safe)
    triton.atomic_add(ref, place, values, mask=mask)


def columns(width: int) -> Iterator[tuple[int, jax.Array]]:
    """Yield the pieces of a row of that width: the first column of each, and a mask of those that there are."""
    size = min(COLUMNS, pl.next_power_of_2(width))
    for first in range(0, width, size):
        yield first, lanes(first, size) < width


def quantised(values: jax.Array, quantum: jax.Array) -> jax.Array:
    """Return the nearest whole numbers of the quantum, of values from 0 on; see `arrays.quantise`."""
    ratio = values / quantum
    return jnp.where(ratio < _WHOLE, (ratio + _WHOLE) - _WHOLE, ratio).astype(jnp.int32)


def column(ref: Ref, slot: Any, first: Any, number: int, mask: jax.Array) -> jax.Array:
    """Return a column of consecutive places of an array (slot, place, column)."""
    place = (jnp.int32(slot), pl.ds(first, len(mask)), jnp.int32(number))
    return triton.load(ref.at[place], mask=mask, other=jnp.asarray(0, ref.dtype))


def put_column(ref: Ref, slot: Any, first: Any, number: int, values: jax.Array, mask: jax.Array) -> None:
    """Write a column of consecutive places of an array (slot, place, column)."""
    triton.store(ref.at[(jnp.int32(slot), pl.ds(first, len(mask)), jnp.int32(number))], values, mask=mask)


def put_at(
    ref: Ref, slot: Any, rows: jax.Array, at: jax.Array, values: jax.Array, mask: jax.Array, compute: Compute
) -> None:
    """Write to different places (row, column) of a slot of an array (slot, row, column)."""
    if compute == "interpreted":
        everything = (jnp.int32(slot), pl.ds(0, ref.shape[1]), pl.ds(0, ref.shape[2]))
        plane = triton.load(ref.at[everything])
        new = plane.at[jnp.where(mask, rows, len(plane)), at].set(values, mode="drop")
        triton.store(ref.at[everything], new)
        return
    triton.store(ref.at[(jnp.full_like(rows, slot), rows, at)], values, mask=mask)


def at_places(ref: Ref, slot: Any, rows: jax.Array, at: jax.Array, mask: jax.Array) -> jax.Array:
    """Return numbers at places (row, column) of a slot of an array (slot, row, column)."""
    place = (jnp.full_like(rows, slot), rows, at)
    return triton.load(ref.at[place], mask=mask, other=jnp.asarray(0, ref.dtype))


def for_each_spike(
    spiking: Callable[[jax.Array, jax.Array], jax.Array], units: int, handle: Callable[[jax.Array], None]
) -> None:
    """Call handle(unit) for each spike among this program's tile of units, in their order.

    Args:
        spiking: (first unit of the tile, mask (unit,) of those that there are) -> which of them spike (unit,).
        units: number of units of all tiles.
        handle: is called with the number of a unit.
    """
    first = pl.program_id(1) * UNITS
    mask = spiking(first, lanes(first, UNITS) < units)
    seen = jnp.cumsum(mask.astype(jnp.int32))

    def one(number: jax.Array, carried: None) -> None:
        handle(first + jnp.sum((seen <= number).astype(jnp.int32)))

    jax.lax.fori_loop(0, jnp.max(seen), one, None)
