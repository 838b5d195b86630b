"""What a compiled chunk would cost on a GPU, from its text.

    time of a kernel = max(launch, bytes / (share of bandwidth * bandwidth), chain of reads)
    time per biological second = (sum over kernels of times run * time + host waits * wait) * chunks per second

Bytes, and chains of reads that need each other, of the engine's own kernels: see gpu_kernels.py. Of what compilers
make, see `Program.traffic`; chains of reads in there, and conflicts of atomic additions, are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import gpu_kernels
from gpu_kernels import SECTOR
from gpu_target import Target
from program_text import Instruction, Program

from synapseek_core.engine.jax.inputs import BLOCKS
from synapseek_core.engine.network import CHUNK_STEPS
from synapseek_core.neurons.model import TIME_STEP

LAUNCH = 2.5e-6
"""Seconds from the start of a small kernel to that of the next; our choice in 2-3 us, usual of CUDA programs."""

WAIT = 10e-6
"""Seconds in which the host reads the condition of a loop and goes on; our choice, not measured."""

SHARE_OF_BANDWIDTH = 0.9
"""Share of the bandwidth that streaming kernels reach; our choice, usual of such GPUs."""

SHARE_OF_CACHE = 0.5
"""Share of the cache that one array can be expected to keep; our choice."""


@dataclass(frozen=True)
class Cost:
    """Figures of a program; those of a block hold with one turn of every loop of unknown length.

    copied: bytes of arrays copied in a block.
    kernels, waits, traffic: kernels, waits of the host, and bytes moved, in a block.
    unknown_loops: loops in a block whose number of turns the host reads.
    seconds: seconds per biological second.
    """

    copied: float
    kernels: int
    unknown_loops: int
    waits: int
    traffic: float
    seconds: float


def cost(program: Program, on: Target) -> Cost:
    """Return the estimated cost of the program of a chunk."""
    block = block_of(program)
    kernels = list(program.kernels(block))
    # A loop of unknown length counts as one turn, that over the blocks of a part of a chunk too.
    known = program.turns(block)
    waits_of_turn = 0.0 if known == BLOCKS else WAIT
    missing = (BLOCKS - known) * (_seconds(program, block, on) + waits_of_turn)
    return Cost(
        copied=float(sum(kernel.bytes * times for kernel, times in kernels if program.is_copy(kernel))),
        kernels=sum(times for _, times in kernels),
        unknown_loops=sum(loop.trips is None for loop in program.loops(block)),
        waits=program.waits(block),
        traffic=sum(times * _traffic(program, kernel, on) for kernel, times in kernels),
        seconds=(_seconds(program, program.entry, on) + missing) / (CHUNK_STEPS * TIME_STEP),
    )


def block_of(program: Program) -> str:
    """Return the body of the loop over blocks: the outermost whose turns are unknown or as many as blocks."""
    return next(loop.body for loop in program.loops(program.entry) if loop.trips in (None, BLOCKS))


def _seconds(program: Program, computation: str, on: Target) -> float:
    kernels = program.kernels(computation)
    busy = sum(times * _of_kernel(program, kernel, on) for kernel, times in kernels)
    return busy + program.waits(computation) * WAIT


def _of_kernel(program: Program, kernel: Instruction, on: Target) -> float:
    streaming = _traffic(program, kernel, on) / (SHARE_OF_BANDWIDTH * on.bandwidth)
    return max(LAUNCH, streaming, gpu_kernels.chain(program, kernel, on))


def _traffic(program: Program, kernel: Instruction, on: Target) -> float:
    if gpu_kernels.name_of(kernel):
        return gpu_kernels.traffic(program, kernel)
    return program.traffic(kernel, SECTOR, SHARE_OF_CACHE * on.cache)
