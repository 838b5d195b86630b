"""Bytes that the engine's own kernels for GPUs move, and how long their programs wait for memory.

A compiler's text does not say which parts of its arrays such a kernel touches. That follows from what the kernels do
(synapseek_core/engine/jax/kernels): those of rows go through the rows of the units that spike, others through all.
"""

from __future__ import annotations

import math
import re

from gpu_target import Target
from program_text import WIDTH, Instruction, Program

from synapseek_core.engine.jax.kernels.memory import COLUMNS, UNITS
from synapseek_core.engine.network import DELAY_STEPS
from synapseek_core.neurons.model import TIME_STEP

RATE = 9.0
"""Rate of all neurons, in Hz: about that of the network at which the engine is timed."""

SECTOR = 32
"""Bytes that are read together from the memory of an NVIDIA GPU (CUDA C++ Best Practices Guide)."""

CHAIN = 1.5e-6
"""Seconds for a piece of a row: three reads of memory, each of which needs the one before, at about 0.5 us; our choice,
not measured."""

RESIDENT = 8
"""Programs at once on a multiprocessor; our choice, from 4 warps each and about 100 registers a thread."""

SHORTEST_ROW = 16
"""Arrays with longer last axes hold rows of synapses."""

ROWS = {"transmit": DELAY_STEPS, "change": DELAY_STEPS, "arrive": 1, "spike_back": 1}
"""Kernels that go through rows, and time steps of the spikes that each handles."""

Array = tuple[str, tuple[int, ...]]
"""Type and shape."""


def name_of(kernel: Instruction) -> str:
    """Return the name of one of the engine's own kernels; nothing for others."""
    found = re.search(r'op_name="[^"]*/(\w+)/pallas_call"', kernel.rest)
    return found.group(1) if found and kernel.kind == "custom-call" else ""


def traffic(program: Program, kernel: Instruction) -> float:
    """Return the bytes that one of the engine's kernels moves to and from memory."""
    given = [array for name in kernel.operands for array in arrays(program.shapes[name])]
    results = arrays(kernel.shape)
    name = name_of(kernel)
    if name in ROWS:
        return _of_rows(name, given, results)
    if name == "repeat":
        return sum(map(_of_spiking, given + results))
    if name == "neurons":
        # Of what has a step axis, one step.
        return sum(_size(array) / (DELAY_STEPS if _has_steps(array) else 1) for array in given + results)
    changed = len(re.findall(r"\{\d*\}: \(\d+, \{\}\)", kernel.rest))
    dense = given + results[:changed] + [array for array in results[changed:] if _has_steps(array)]
    sparse = [array for array in results[changed:] if not _has_steps(array)]
    if name == "traces":
        # Q of the units that spike; it is the first of what changes, as many arrays as there are of pending sums.
        sparse, dense = _split_traces(given, results)
    return sum(map(_size, dense)) + sum(map(_of_spiking, sparse))


def _split_traces(given: list[Array], results: list[Array]) -> tuple[list[Array], list[Array]]:
    """Return Q before and after, and all other arrays, of the kernel of traces."""
    half = len(results) // 2
    others = given[: len(given) - len(results)] + given[len(given) - half :] + results[half:]
    return given[len(given) - len(results) : len(given) - half] + results[:half], others


def chain(program: Program, kernel: Instruction, on: Target) -> float:
    """Return the seconds in which programs wait for one read after the other; 0 for kernels that are not of rows."""
    name = name_of(kernel)
    if name not in ROWS:
        return 0.0
    given = [array for operand in kernel.operands for array in arrays(program.shapes[operand])]
    rows = [shape for _, shape in given if len(shape) == 3 and shape[0] == 1 and shape[2] > SHORTEST_ROW]
    grid = [int(n) for n in re.findall(r"grid_[xyz] = (\d+)", kernel.rest)]
    slots, tiles = grid[0], grid[1]
    share, places = _spiking(ROWS[name]), on.processors * RESIDENT
    pieces = sum(share * units * -(-width // COLUMNS) for _, units, width in rows)
    longest = 1 + sum(share * min(units, UNITS) * -(-width // COLUMNS) for _, units, width in rows)
    return max(slots * (tiles + pieces) / places, longest) * CHAIN


def arrays(shape: str) -> list[Array]:
    """Return the arrays of a shape."""
    found = re.findall(r"\b(" + "|".join(WIDTH) + r")\[([\d,]*)\]", shape)
    return [(kind, tuple(int(n) for n in dims.split(",") if n)) for kind, dims in found]


def _spiking(steps: int) -> float:
    """Return the share of neurons that spike in so many time steps."""
    return RATE * TIME_STEP * steps


def _size(array: Array) -> int:
    return WIDTH[array[0]] * math.prod(array[1])


def _has_steps(array: Array) -> bool:
    return len(array[1]) == 3 and array[1][0] == DELAY_STEPS


def _of_spiking(array: Array) -> float:
    """Return the bytes touched where only the neurons that spike in a block are: a sector each."""
    kind, shape = array
    if len(shape) < 2 or kind == "s8":
        return _size(array)
    return min(_size(array), _spiking(DELAY_STEPS) * math.prod(shape) * SECTOR)


def _of_rows(name: str, given: list[Array], results: list[Array]) -> float:
    """Return the bytes that a kernel of rows moves: rows, the places that their synapses name, and the results."""
    share, many = _spiking(ROWS[name]), max(shape[0] for _, shape in given if len(shape) == 1)
    synapses = share * sum(math.prod(array[1]) for array in given if _is_row(array) and array[1][0] == many)
    # Corrections are due where the target spiked before, in the same block.
    added = synapses * (share / 2 if name == "change" else 1)
    return sum(
        _through_rows(name, array, share, many, added if _has_steps(array) and name != "spike_back" else synapses)
        for array in given + results
    )


def _through_rows(name: str, array: Array, share: float, many: int, places: float) -> float:
    """Return the bytes of one array, of which synapses reach so many places, in a kernel of rows."""
    kind, shape = array
    if _is_row(array):
        # Rows of connectivity are the same in all slots of a trial, so they are read from memory once.
        each = SECTOR if name == "spike_back" and shape[0] == many else WIDTH[kind]
        rows = share * math.prod(shape) * (many if shape[0] < many else 1) * each
        return min(_size(array), rows) if shape[0] < many else rows
    if len(shape) == 3 and shape[2] == 1 and name in ("transmit", "change"):
        return min(_size(array), share * math.prod(shape) * SECTOR)
    one_step = _has_steps(array) and ROWS[name] == 1
    return min(_size(array) / (DELAY_STEPS if one_step else 1), places * SECTOR)


def _is_row(array: Array) -> bool:
    return len(array[1]) == 3 and array[1][2] > SHORTEST_ROW and not _has_steps(array)
