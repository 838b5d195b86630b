"""Changes of weights in both forms, on values of any shapes that go together.

Plain JAX calls them on all neurons, or on the rows of many spikes at once; kernels for GPUs on pieces of one row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike

from synapseek_core.engine.jax.state import Arrays
from synapseek_core.engine.jax.tables import Layout, change
from synapseek_core.engine.network import DELAY_STEPS
from synapseek_core.engine.physics import changed, jumped, settled, unsettled


class RuleValues(NamedTuple):
    """A rule on a projection: learning rate (0 while weights are frozen) and maximum weight, parameters by name,
    and logarithms of the decay factors of the presynaptic trace and of the postsynaptic ones in a time step."""

    rate: jax.Array
    maximum: jax.Array
    parameters: Arrays
    pre_exponent: jax.Array
    post_exponents: tuple[jax.Array, ...]


class BlockTable(NamedTuple):
    """Effect of a block's spikes on the pending sums and traces of postsynaptic neurons.

    total, scaled: A and E before the neuron's spike.
    at: step of that spike within the block, `DELAY_STEPS` if there is none.
    slope: what the spike adds to E, not yet scaled: per presynaptic trace.
    total_after, scaled_after: A and E after it.
    traces, traces_after: each trace scaled to the start of the block, before and after it.
    """

    total: jax.Array
    scaled: jax.Array
    at: jax.Array
    slope: jax.Array
    total_after: jax.Array
    scaled_after: jax.Array
    traces: tuple[jax.Array, ...]
    traces_after: tuple[jax.Array, ...]

    def pack(self) -> jax.Array:
        """Return all columns side by side (..., column), so that one gather reads those of a synapse."""
        return jnp.stack([*self[:6], *self.traces, *self.traces_after], axis=-1)

    @classmethod
    def unpack(cls, packed: jax.Array) -> BlockTable:
        """Return the columns by name."""
        total, scaled, at, slope, total_after, scaled_after, *traces = (packed[..., k] for k in range(packed.shape[-1]))
        half = len(traces) // 2
        before, after = tuple(traces[:half]), tuple(traces[half:])
        return cls(total, scaled, at, slope, total_after, scaled_after, before, after)


def effect_of_spikes(
    layout: Layout, ledger: tuple[jax.Array, ...], at: jax.Array, age: jax.Array, rule: RuleValues
) -> BlockTable:
    """Return the effect of postsynaptic spikes in step `at` of a block (`DELAY_STEPS`: none).

    ledger: A, E and the traces of the neurons. age: steps from the last settlement to the start of the block.
    """
    total, scaled, *traces = ledger
    fired = (at < DELAY_STEPS).astype(jnp.float32)
    scales = [jnp.exp(at * exponent) for exponent in rule.post_exponents]
    factors = dict(rule.parameters)
    factors |= {name: x * scale for name, x, scale in zip(layout.postsynaptic_traces, traces, scales, strict=True)}
    trace = layout.presynaptic_traces[0]
    constant = change(layout, layout.on_post, factors | {trace: np.float32(0)})
    slope = rule.rate * (change(layout, layout.on_post, factors | {trace: np.float32(1)}) - constant)
    pre_scale = jnp.exp((age + at) * rule.pre_exponent)
    return BlockTable(
        total=total,
        scaled=scaled,
        at=at.astype(jnp.float32),
        slope=jnp.broadcast_to(slope, at.shape),
        total_after=total + fired * rule.rate * constant,
        scaled_after=scaled + fired * slope * pre_scale,
        traces=tuple(traces),
        traces_after=tuple(jumped(x, fired, scale) for x, scale in zip(traces, scales, strict=True)),
    )


class Arrival(NamedTuple):
    """A spike that arrives along a row of synapses: its step, Q before it, and scales of the traces in that step."""

    step: jax.Array
    before: jax.Array
    pre_scale: jax.Array
    post_scales: tuple[jax.Array, ...]


def arrival_of(step: jax.Array, before: jax.Array, age: jax.Array, rule: RuleValues) -> Arrival:
    """Return an arrival in a step of a block that begins `age` steps after the last settlement."""
    post_scales = tuple(jnp.exp(step * exponent) for exponent in rule.post_exponents)
    return Arrival(step.astype(jnp.float32), before, jnp.exp((age + step) * rule.pre_exponent), post_scales)


class ChangedRow(NamedTuple):
    """Synapses after an arrival.

    stored: their new u.
    weight, assumed: what they transmit, and what they would if their target had not spiked in the block.
    late: whether the target spiked before the arrival, so that the two differ.
    """

    stored: jax.Array
    weight: jax.Array
    assumed: jax.Array
    late: jax.Array


def changed_row(layout: Layout, stored: jax.Array, table: BlockTable, arrival: Arrival, rule: RuleValues) -> ChangedRow:
    """Return synapses, of which u is stored, after the arrival; `table` is that of their targets."""
    late = table.at < arrival.step
    total = jnp.where(late, table.total_after, table.total)
    scaled = jnp.where(late, table.scaled_after, table.scaled)
    pairs = zip(table.traces, table.traces_after, arrival.post_scales, strict=True)
    traces = [jnp.where(late, after, before) * scale for before, after, scale in pairs]
    assumed = settled(stored, table.total, arrival.before, table.scaled, rule.maximum)
    weight = settled(stored, total, arrival.before, scaled, rule.maximum)
    factors = rule.parameters | {"weight": weight, layout.presynaptic_traces[0]: arrival.before * arrival.pre_scale}
    factors |= dict(zip(layout.postsynaptic_traces, traces, strict=True))
    new = changed(weight, rule.rate, change(layout, layout.on_pre, factors), rule.maximum)
    # A spike in the step of the arrival does not see the arrival in the trace, which Q will make it see.
    unseen = jnp.where(table.at == arrival.step, table.slope, 0)
    after = jumped(arrival.before, 1, arrival.pre_scale)
    return ChangedRow(unsettled(new, total, after, scaled, unseen), weight, assumed, late)


class Seen(NamedTuple):
    """Factors that a rule of the exact form reads beside the weight: each trace, and postsynaptic state by name."""

    presynaptic: tuple[jax.Array, ...]
    postsynaptic: tuple[jax.Array, ...]
    state: Arrays


def changed_weight(
    layout: Layout,
    side: Callable[..., Any],
    weight: jax.Array,
    seen: Seen,
    parameters: Arrays,
    rate: jax.Array,
    maximum: jax.Array,
) -> jax.Array:
    """Return weights after a change by one side of the rule, within their bounds."""
    factors = parameters | {"weight": weight} | seen.state
    factors |= dict(zip(layout.presynaptic_traces, seen.presynaptic, strict=True))
    factors |= dict(zip(layout.postsynaptic_traces, seen.postsynaptic, strict=True))
    return changed(weight, rate, change(layout, side, factors), maximum)


def step_of_spike(spiking: jax.Array, dtype: DTypeLike = jnp.int32) -> jax.Array:
    """Return the step (slot, unit) of the only spike of each unit in a block (step, slot, unit), else `DELAY_STEPS`."""
    steps_left = jnp.arange(DELAY_STEPS, 0, -1, dtype=dtype)[:, None, None]
    return DELAY_STEPS - jnp.sum(spiking * steps_left, axis=0, dtype=dtype)
