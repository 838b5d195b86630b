"""One synapse under any rule, driven by given spikes: the protocols of experiments on plasticity."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.plasticity.family import PlasticityFamily


class Events(NamedTuple):
    """Spikes of several conditions at once, each array (event, condition), in order of time.

    interval: time since the event before, in s.
    pre, post: whether the presynaptic spike arrives, and whether the postsynaptic neuron spikes; both may.
    """

    interval: np.ndarray
    pre: np.ndarray
    post: np.ndarray

    @classmethod
    def of(cls, times: np.ndarray, pre: np.ndarray, post: np.ndarray) -> Events:
        """Return the events at times (event, condition) in s, given in any order.

        An event without a spike of either side serves as padding.
        """
        order = np.argsort(times, axis=0, kind="stable")
        times, pre, post = (np.take_along_axis(array, order, axis=0) for array in (times, pre, post))
        return cls(np.diff(times, axis=0, prepend=times[:1]), pre, post)


def pairings(lag: np.ndarray, frequency: np.ndarray, count: int) -> Events:
    """Return `count` pairs of spikes in each condition.

    Args:
        lag: (condition,) postsynaptic minus presynaptic time in s.
        frequency: (condition,) pairs per second.
    """
    start = np.arange(count)[:, None] / frequency
    times = np.stack([start, start + lag], axis=1).reshape(2 * count, -1)
    is_pre = np.broadcast_to((np.arange(2 * count) % 2 == 0)[:, None], times.shape)
    return Events.of(times, is_pre, ~is_pre)


def poisson_spikes(pre_rate: np.ndarray, post_rate: np.ndarray, duration: float, random: np.random.Generator) -> Events:
    """Draw independent Poisson spikes of both sides in each condition.

    Args:
        pre_rate, post_rate: (condition,) in Hz.
        duration: in s.
    """
    rates = np.stack([pre_rate, post_rate])
    counts = random.poisson(rates * duration)
    most = counts.max()
    times = random.random((most, *counts.shape)) * duration
    happens = np.arange(most)[:, None, None] < counts
    side = np.arange(2)[None, :, None]
    flat = (2 * most, -1)
    return Events.of(times.reshape(flat), (happens & (side == 0)).reshape(flat), (happens & (side == 1)).reshape(flat))


def weight_change(
    family: PlasticityFamily,
    theta: np.ndarray,
    events: Events,
    weight: np.ndarray | float = 0.0,
    state: Mapping[str, np.ndarray | float] | None = None,
) -> np.ndarray:
    """Return the weight change, over the learning rate, in each condition.

    The synapse is slow: the rule reads the initial weight throughout, as for a small learning rate, and no bound is
    reached. Traces decay exactly between events; events of both sides at once see neither's increment.

    Args:
        family: the rule family.
        theta: (..., parameter) in natural units; any number of rules.
        events: of all conditions.
        weight: a number or one a condition.
        state: what is clamped of the postsynaptic neuron's state, likewise; the rest stays at its resting value.

    Returns:
        (..., condition) sum of the changes at all events.
    """
    conditions = events.interval.shape[1]
    clamped = {
        name: jnp.broadcast_to(jnp.asarray(value, jnp.float32), (conditions,))
        for name, value in {"weight": weight, **family.postsynaptic_state, **(state or {}), **family.held}.items()
    }
    rules = np.reshape(theta, (-1, np.shape(theta)[-1])).astype(np.float32)
    constants = family.presynaptic_time_constants(rules), family.postsynaptic_time_constants(rules)
    of_one = jax.vmap(partial(_change_of_one, family, events, clamped))
    change = of_one(*(jnp.asarray(array) for array in (rules, *constants)))
    return np.asarray(change, np.float64).reshape(*np.shape(theta)[:-1], conditions)


def mean_drift(family: PlasticityFamily, theta: np.ndarray, pre_rate: np.ndarray, post_rate: np.ndarray) -> np.ndarray:
    """Return the weight change per second, over the learning rate, in mean-field theory.

    Every trace is rate times time constant:

        drift = pre_rate on_pre(traces) + post_rate on_post(traces)

    which is the mean under independent Poisson spikes if each change is a sum of products of different traces. The
    weight is 0 and the postsynaptic neuron at rest, for rules that read them.

    Args:
        family: the rule family.
        theta: (..., parameter) in natural units; any number of rules.
        pre_rate, post_rate: (condition,) in Hz.

    Returns:
        (..., condition) in 1/s.

    Source: Kempter et al., Phys Rev E 59:4498, 1999 (pair rules, without their term of correlations).
    """
    rules = np.asarray(theta, np.float32)[..., None, :]
    factors: dict[str, Any] = {"weight": 0.0, **family.postsynaptic_state, **family.held}
    for names, values in (
        (family.parameter_names, rules),
        (family.presynaptic_traces, pre_rate[:, None] * family.presynaptic_time_constants(rules)),
        (family.postsynaptic_traces, post_rate[:, None] * family.postsynaptic_time_constants(rules)),
    ):
        factors |= {name: values[..., k] for k, name in enumerate(names)}
    drift = pre_rate * _call(family.on_pre, factors) + post_rate * _call(family.on_post, factors)
    return np.asarray(drift, np.float64)


def _change_of_one(
    family: PlasticityFamily,
    events: Events,
    clamped: Mapping[str, jax.Array],
    rule: jax.Array,
    pre_time_constants: jax.Array,
    post_time_constants: jax.Array,
) -> jax.Array:
    """Return the weight change (condition,) under one rule (parameter,) whose traces have these time constants in s."""
    parameters = dict(zip(family.parameter_names, rule, strict=True))
    names = tuple(family.presynaptic_traces), tuple(family.postsynaptic_traces)

    def step(carried: tuple[jax.Array, ...], event: tuple[jax.Array, ...]) -> tuple[tuple[jax.Array, ...], None]:
        total, pre_traces, post_traces = carried
        interval, pre, post = event
        pre_traces = pre_traces * jnp.exp(-interval[:, None] / pre_time_constants)
        post_traces = post_traces * jnp.exp(-interval[:, None] / post_time_constants)
        factors = {name: pre_traces[:, k] for k, name in enumerate(names[0])}
        factors |= {name: post_traces[:, k] for k, name in enumerate(names[1])}
        factors |= parameters | dict(clamped)
        total = total + pre * _call(family.on_pre, factors) + post * _call(family.on_post, factors)
        return (total, pre_traces + pre[:, None], post_traces + post[:, None]), None

    conditions = events.interval.shape[1]
    start = [jnp.zeros(conditions), *(jnp.zeros((conditions, len(some))) for some in names)]
    (total, _, _), _ = jax.lax.scan(step, tuple(start), tuple(jnp.asarray(one, jnp.float32) for one in events))
    return total


def _call(function: Any, factors: Mapping[str, Any]) -> Any:
    return function(**{name: factors[name] for name in inspect.signature(function).parameters})
