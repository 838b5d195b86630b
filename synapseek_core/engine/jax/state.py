"""The changing state of the slots of a device, and the start of a rule in a trial."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax.arrays import take
from synapseek_core.engine.jax.tables import Layout, Tables
from synapseek_core.engine.network import DELAY_STEPS
from synapseek_core.status import Status

Arrays = dict[str, jax.Array]


class Rules(NamedTuple):
    """A rule on one plastic projection, in every slot.

    parameters: (slot, parameter) in natural units.
    pre_decay, post_decay: (slot, trace) decay factors in a time step.
    pre_exponent, post_exponent: (slot, trace) their logarithms.
    """

    parameters: jax.Array
    pre_decay: jax.Array
    post_decay: jax.Array
    pre_exponent: jax.Array
    post_exponent: jax.Array


class Jobs(NamedTuple):
    """The rules and trials that the slots simulate.

    trial, steps: (slot,) which trial, and its duration in time steps.
    windows, frozen: (slot, window, 2) and (slot, interval, 2) as in `Trial`.
    rules: plastic projection -> rules.
    """

    trial: jax.Array
    steps: jax.Array
    windows: jax.Array
    frozen: jax.Array
    rules: dict[str, Rules]


class State(NamedTuple):
    """The state between two blocks of `DELAY_STEPS` time steps.

    jobs: what is simulated.
    neurons: state variable -> (slot, neuron).
    weights: plastic projection -> (slot, presynaptic unit, synapse), filled up as its table is. In the lazy form,
        without what is pending in the ledger.
    presynaptic: plastic projection -> (slot, unit, trace).
    postsynaptic: plastic projection -> (slot, neuron, trace); in the lazy form two pending sums come first.
    ring: (step, slot, neuron) spikes of the last block, which arrive in the next.
    step: (slot,) time steps since the start of the trial.
    rate, rate_error: (slot,) filtered rate in Hz, and what rounding has added to it too much.
    learns: (slot,) 1 while weights may change, 0 while they are frozen.
    running: (slot,) whether it is still simulated.
    status, stop_step: (slot,) as in `Record`.
    window_counts: (slot, window, neuron) as in `Record`.
    """

    jobs: Jobs
    neurons: Arrays
    weights: Arrays
    presynaptic: Arrays
    postsynaptic: Arrays
    ring: jax.Array
    step: jax.Array
    rate: jax.Array
    rate_error: jax.Array
    learns: jax.Array
    running: jax.Array
    status: jax.Array
    stop_step: jax.Array
    window_counts: jax.Array


LEDGER = {"exact": 0, "lazy": 2}
"""Form -> pending sums of a postsynaptic neuron."""


@partial(jax.jit, static_argnums=(0, 2, 3, 4))
def empty_slots(layout: Layout, tables: Tables, slots: int, windows: int, frozen: int) -> State:
    """Return slots in which nothing runs, for trials with so many windows and frozen intervals."""

    def rules() -> Rules:
        pre, post = len(layout.presynaptic_traces), len(layout.postsynaptic_traces)
        sizes = (len(layout.parameters), pre, post, pre, post)
        return Rules(*(jnp.zeros((slots, size), jnp.float32) for size in sizes))

    def zeros(*shape: int) -> jax.Array:
        return jnp.zeros((slots, *shape), jnp.float32)

    entries = LEDGER[layout.form] + len(layout.postsynaptic_traces)
    rows = {p.name: tables.synapses[p.name].targets.shape[1:] for p in layout.plastic}
    return State(
        jobs=Jobs(
            trial=jnp.zeros(slots, jnp.int32),
            steps=jnp.zeros(slots, jnp.int32),
            windows=jnp.zeros((slots, windows, 2), jnp.int32),
            frozen=jnp.zeros((slots, frozen, 2), jnp.int32),
            rules={p.name: rules() for p in layout.plastic},
        ),
        neurons={name: zeros(layout.n_neurons) for name, _ in layout.initial_state},
        weights={name: zeros(*shape) for name, shape in rows.items()},
        presynaptic={p.name: zeros(p.pre.size, len(layout.presynaptic_traces)) for p in layout.plastic},
        postsynaptic={p.name: zeros(p.post.size, entries) for p in layout.plastic},
        ring=jnp.zeros((DELAY_STEPS, slots, layout.n_neurons), bool),
        step=jnp.zeros(slots, jnp.int32),
        rate=zeros(),
        rate_error=zeros(),
        learns=zeros(),
        running=jnp.zeros(slots, bool),
        status=jnp.zeros(slots, jnp.int32),
        stop_step=jnp.zeros(slots, jnp.int32),
        window_counts=jnp.zeros((slots, windows, layout.n_neurons), jnp.int32),
    )


@partial(jax.jit, static_argnums=0, donate_argnums=2)
def admit(layout: Layout, tables: Tables, state: State, jobs: Jobs, slots: jax.Array, count: jax.Array) -> State:
    """Begin the first `count` of some jobs in the given slots. The state's arrays are consumed.

    Args:
        jobs: (job, ...) what to begin; a job with parameters that are not finite never starts.
        slots: (job,) where.
    """

    def begin(k: jax.Array, state: State) -> State:
        job = jax.tree.map(lambda x: x[k], jobs)
        fresh = _beginning(layout, tables, job)
        # One slot at a time: the weights of all at once would be a second copy.
        parts = {
            name: jax.tree.map(lambda old, new: old.at[slots[k]].set(new), getattr(state, name), getattr(fresh, name))
            for name in State._fields
            if name != "ring"
        }
        return State(**parts, ring=state.ring.at[:, slots[k]].set(False))

    return jax.lax.fori_loop(0, count, begin, state)


def _beginning(layout: Layout, tables: Tables, job: Jobs) -> State:
    """Return the state at time 0 of one job, without a slot axis (and without spikes)."""
    finite = jnp.stack([jnp.isfinite(rules.parameters).all() for rules in job.rules.values()] or [True]).all()
    entries = LEDGER[layout.form] + len(layout.postsynaptic_traces)

    def initial_weights(name: str) -> jax.Array:
        table = tables.synapses[name]
        return jnp.broadcast_to(take(table.weight, job.trial), table.targets.shape[1:])

    return State(
        jobs=job,
        neurons={name: jnp.full(layout.n_neurons, value, jnp.float32) for name, value in layout.initial_state},
        weights={p.name: initial_weights(p.name) for p in layout.plastic},
        presynaptic={p.name: jnp.zeros((p.pre.size, len(layout.presynaptic_traces))) for p in layout.plastic},
        postsynaptic={p.name: jnp.zeros((p.post.size, entries)) for p in layout.plastic},
        ring=jnp.zeros(0, bool),
        step=jnp.int32(0),
        rate=jnp.float32(layout.rate.initial),
        rate_error=jnp.float32(0),
        learns=jnp.float32(1),
        running=finite & (job.steps > 0),
        status=jnp.where(finite, jnp.int32(Status.ok), jnp.int32(Status.non_finite)),
        stop_step=jnp.where(finite, job.steps, 0).astype(jnp.int32),
        window_counts=jnp.zeros((len(job.windows), layout.n_neurons), jnp.int32),
    )


@jax.jit
def choose_slots(state: State, slots: jax.Array) -> State:
    """Return the state of some slots only."""
    chosen = jax.tree.map(lambda x: x[slots], state._replace(ring=jnp.zeros(len(state.step))))
    return chosen._replace(ring=state.ring[:, slots])
