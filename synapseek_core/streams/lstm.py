"""An LSTM with a linear read-out, the recurrent network without plastic weights that HebbFF is compared with.

theta holds every weight and bias times sqrt(N) (N units), so that all start uniform on [-1, 1], as is usual.
Source: Hochreiter and Schmidhuber, Neural Comput 9:1735, 1997; Tyulmankov, Yang and Abbott, Neuron 110:544, 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from synapseek_core.quantities import T22
from synapseek_core.streams.network import Block, Response, StreamNetwork

CELL_ARRAYS = ("weight_ih", "weight_hh", "bias")


@dataclass(frozen=True)
class LSTM(StreamNetwork):
    """One layer of LSTM units."""

    name: ClassVar[str] = "lstm"
    source: ClassVar[str] = T22

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Learned parameters; see `StreamNetwork`."""
        gates = 4 * self.units
        return (
            Block("output_bias", "bias of the output"),
            Block("output", "weights of the output", (self.units,)),
            Block("bias", "biases of gates and cells", (gates,)),
            Block("weight_hh", "recurrent weights of gates and cells", (gates, self.units)),
            Block("weight_ih", "input weights of gates and cells", (gates, self.inputs)),
        )

    def respond(self, theta: jax.Array, patterns: jax.Array, key: jax.Array) -> Response:
        """Return the network's answers to one stream; see `StreamNetwork`. It draws nothing."""
        block = self.split(theta / sqrt(self.units))
        cell = eqx.nn.LSTMCell(self.inputs, self.units, key=key)
        cell = eqx.tree_at(lambda c: [getattr(c, a) for a in CELL_ARRAYS], cell, [block[a] for a in CELL_ARRAYS])

        def step(
            state: tuple[jax.Array, jax.Array], pattern: jax.Array
        ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            state = cell(pattern, state)
            return state, state[0]

        silent = jnp.zeros(self.units)
        _, hidden = jax.lax.scan(step, (silent, silent), patterns)
        return Response(hidden @ block["output"] + block["output_bias"], hidden)
