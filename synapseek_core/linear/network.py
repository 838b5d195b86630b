"""One layer of linear neurons with plastic feedforward and lateral weights, under many rules on many data sets.

    y = W x - M y,   settled by iteration;   dW = eta_t f(x, y, W),   dM = eta_t g(y, y, M),   M has no diagonal

W is (output, input), M (output, output). The learning rate falls as eta_t = eta / (1 + t / halving). A trial whose
weights would grow beyond a bound in one step stops before it: its weights stay where they were, so that they and
gradients through them are finite.
Source: Confavreux et al., NeurIPS 2020; lateral weights: Foldiak, IJCNN 1989; Rubner and Tavan, Europhys Lett 10:693,
1989.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.plasticity.family import RateFamily


@dataclass(frozen=True)
class RateNetwork:
    """The network and the learning rates that all trials share.

    Attributes:
        family: the rule family, of both kinds of weights.
        plastic: plastic synapse types, in the order of theta: `feedforward`, `lateral`.
        hierarchical: whether an output inhibits only those after it; else all others.
        settling: iterations of y <- W x - M y, from y = W x.
        learning_rate, halving: eta, and the steps after which it has halved; None: constant.
        bound: largest absolute weight.
    """

    family: RateFamily
    plastic: tuple[str, ...]
    hierarchical: bool
    settling: int
    learning_rate: float
    halving: float | None
    bound: float


class State(NamedTuple):
    """Weights (..., output, input) and (..., output, output), whether the trial goes on (...), and steps done (...)."""

    feedforward: jax.Array
    lateral: jax.Array
    running: jax.Array
    steps: jax.Array


def initial_state(feedforward: jax.Array) -> State:
    """Return the state at the start of a trial: given feedforward weights (..., output, input), no lateral ones."""
    *batch, outputs, _ = feedforward.shape
    lateral = jnp.zeros((*batch, outputs, outputs), feedforward.dtype)
    return State(feedforward, lateral, jnp.ones(batch, bool), jnp.zeros(batch, jnp.int32))


def outputs_of(network: RateNetwork, state: State, inputs: jax.Array) -> jax.Array:
    """Return the settled outputs (..., output) for inputs (..., input)."""
    driven = jnp.einsum("...oi,...i->...o", state.feedforward, inputs)
    settled = driven
    for _ in range(network.settling if state.lateral.shape[-1] > 1 else 0):
        settled = driven - jnp.einsum("...op,...p->...o", state.lateral, settled)
    return settled


def advance(network: RateNetwork, theta: jax.Array, state: State, inputs: jax.Array, step: jax.Array) -> State:
    """Return the state after one presented input.

    Args:
        theta: (..., synapse_type, parameter).
        inputs: (..., input).
        step: number of inputs presented before.
    """
    rate = network.learning_rate / (1 + step / network.halving) if network.halving else network.learning_rate
    y = outputs_of(network, state, inputs)
    changed = {"feedforward": state.feedforward, "lateral": state.lateral}
    presynaptic = {"feedforward": inputs, "lateral": y}
    for index, name in enumerate(network.plastic):
        change = network.family.change(theta[..., index, :], presynaptic[name], y, changed[name])
        changed[name] = changed[name] + rate * change
    changed["lateral"] = changed["lateral"] * _lateral_mask(network, y.shape[-1])
    largest = jnp.maximum(*(jnp.abs(w).max((-2, -1)) for w in changed.values()))
    running = state.running & (largest <= network.bound)
    keep = running[..., None, None]
    return State(
        jnp.where(keep, changed["feedforward"], state.feedforward),
        jnp.where(keep, changed["lateral"], state.lateral),
        running,
        state.steps + running,
    )


def _lateral_mask(network: RateNetwork, outputs: int) -> jax.Array:
    ones = jnp.ones((outputs, outputs))
    return jnp.tril(ones, -1) if network.hierarchical else ones - jnp.eye(outputs)


def run(
    network: RateNetwork, theta: jax.Array, state: State, inputs: jax.Array, first: int, samples: int
) -> tuple[State, State]:
    """Present inputs one after the other, and return the states.

    Args:
        theta: (rule, 1, synapse_type, parameter); (1, ...) for one rule.
        state: of every rule and trial (rule, trial).
        inputs: (step, trial, input); the number of steps is a multiple of `samples`.
        first: number of inputs presented before.
        samples: how often the state is kept, evenly.

    Returns:
        The state at the end, and the kept states (sample, rule, trial, ...).
    """
    steps = jnp.arange(first, first + len(inputs))

    def one(state: State, now: tuple[jax.Array, jax.Array]) -> tuple[State, None]:
        return advance(network, theta, state, now[0], now[1]), None

    def block(state: State, now: tuple[jax.Array, jax.Array]) -> tuple[State, State]:
        state, _ = jax.lax.scan(one, state, now, unroll=2)
        return state, state

    blocks = (inputs.reshape(samples, -1, *inputs.shape[1:]), steps.reshape(samples, -1))
    return jax.lax.scan(block, state, blocks)


@partial(jax.jit, static_argnames=("network", "samples"))
def simulate(network: RateNetwork, theta: jax.Array, feedforward: jax.Array, inputs: jax.Array, samples: int) -> State:
    """Return the states (1 + sample, rule, trial, ...) of every rule on every data set, the initial one first.

    Rules are simulated one after the other: side by side they would round differently depending on their number.

    Args:
        theta: (rule, synapse_type, parameter).
        feedforward: initial weights (trial, output, input), shared by the rules.
        inputs: (step, trial, input).
        samples: how often states are kept.
    """
    start = initial_state(feedforward)

    def one(rule: jax.Array) -> State:
        _, kept = run(network, rule[None], start, inputs, 0, samples)
        return jax.tree.map(lambda first, rest: jnp.concatenate([first[None], rest]), start, kept)

    return jax.tree.map(lambda states: jnp.swapaxes(states, 0, 1), jax.lax.map(one, theta))


def final_state(
    network: RateNetwork, theta: jax.Array, feedforward: jax.Array, inputs: jax.Array, truncation: int | None
) -> State:
    """Return the final state (rule, trial, ...), differentiable through its last `truncation` steps (None: all)."""
    steps = len(inputs)
    through = steps if truncation is None else min(truncation, steps)
    state = initial_state(jnp.broadcast_to(feedforward, (len(theta), *feedforward.shape)))
    if through < steps:
        fixed = jax.lax.stop_gradient(theta)
        state, _ = run(network, fixed[:, None], state, inputs[: steps - through], 0, 1)
    state, _ = run(network, theta[:, None], state, inputs[steps - through :], steps - through, 1)
    return state
