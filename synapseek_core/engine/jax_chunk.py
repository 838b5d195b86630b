"""A chunk of time of a batch of networks, in JAX."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax_inputs import Arrivals
from synapseek_core.engine.jax_state import Arrays, State
from synapseek_core.engine.jax_step import StepInput, advance
from synapseek_core.engine.jax_synapses import add, row
from synapseek_core.engine.jax_tables import Layout, Tables
from synapseek_core.engine.network import CHUNK_STEPS
from synapseek_core.engine.records import Status


class ChunkOutput(NamedTuple):
    """What is recorded of one chunk.

    counts: (bin, network, population) spikes.
    rate: (bin, network) filtered rate at the end of the bin, in Hz.
    raster: (bin, step, recorded network, recorded neuron) spikes.
    running: (network,) whether it goes on after the chunk.
    status, stop_step: (network,) as in `Record`, after the chunk.
    """

    counts: jax.Array
    rate: jax.Array
    raster: jax.Array
    running: jax.Array
    status: jax.Array
    stop_step: jax.Array


@partial(jax.jit, static_argnums=0, donate_argnums=2)
def run_chunk(
    layout: Layout, tables: Tables, state: State, first_step: jax.Array, arrivals: Arrivals
) -> tuple[State, ChunkOutput]:
    """Advance all networks by the chunk that starts at `first_step`. The state's arrays are used up."""
    run_bin = partial(_run_bin, layout, tables)
    firsts = first_step + jnp.arange(0, CHUNK_STEPS, layout.bin_steps, dtype=jnp.int32)
    after, (counts, rate, raster) = jax.lax.scan(run_bin, state, (firsts, arrivals))
    after = _stop_non_finite(tables, state.running, after, first_step + CHUNK_STEPS)
    return after, ChunkOutput(counts, rate, raster, after.running, after.status, after.stop_step)


def _run_bin(
    layout: Layout, tables: Tables, state: State, given: tuple[jax.Array, Arrivals]
) -> tuple[State, tuple[jax.Array, jax.Array, jax.Array]]:
    """Advance by one bin of the records; returns its counts, its last rate and its raster too."""
    first, arrivals = given
    steps = first + jnp.arange(layout.bin_steps, dtype=jnp.int32)
    inputs = StepInput(steps, _drive(layout, tables, arrivals), arrivals.rasters)

    def run_step(carry: tuple[State, jax.Array], given: StepInput):
        state, output = advance(layout, tables, carry[0], given)
        return (state, carry[1] + output.counts), output.raster

    counts = jnp.zeros((len(tables.steps), len(layout.populations)), jnp.int32)
    (state, counts), raster = jax.lax.scan(run_step, (state, counts), inputs)
    return state, (counts, state.rate, raster)


def _drive(layout: Layout, tables: Tables, arrivals: Arrivals) -> Arrays:
    """Conductance -> (step, trial, neuron) what the static synapses from sources add in one bin."""
    trials = len(arrivals.step)
    size = layout.bin_steps * trials * layout.n_neurons
    drive = {p.conductance: jnp.zeros(size, jnp.float32) for p in layout.driving}
    trial = jnp.arange(trials, dtype=jnp.int32)[:, None]
    for p in layout.driving:
        synapses = tables.synapses[p.name]
        unit = arrivals.source - (p.pre.start - layout.n_neurons)
        step = jnp.where((unit >= 0) & (unit < p.pre.size), arrivals.step, layout.bin_steps)
        targets = p.post.start + row(synapses.targets, trial, unit)
        weight = row(synapses.weight, trial, unit)
        place = ((step * trials + trial) * layout.n_neurons)[..., None] + targets
        drive[p.conductance] = add(drive[p.conductance], place, weight[..., None])
    return {name: x.reshape(layout.bin_steps, trials, -1) for name, x in drive.items()}


def _stop_non_finite(tables: Tables, ran: jax.Array, state: State, end: jax.Array) -> State:
    """Stop the networks that `ran` (network,) in a chunk and whose neurons are not finite at its end."""
    finite = jnp.stack([jnp.isfinite(x).all(axis=1) for x in state.neurons.values()]).all(axis=0)
    broken = ran & ~finite
    by_now = jnp.minimum(end, tables.steps)
    return state._replace(
        running=state.running & finite,
        status=jnp.where(broken, jnp.int32(Status.non_finite), state.status),
        stop_step=jnp.where(broken & (state.status == Status.ok), by_now, state.stop_step),
    )
