"""The anti-Hebbian familiarity model of Bogacz and Brown, shown patterns without end.

    h = W x,   y_i = 1 for the half of the units with the larger h_i, else 0,   D = sum_i (2 y_i - 1) h_i / N
    dW = -(eta / d) y x^T,   then each row of W is brought back to mean 0 and variance 1 / d

W starts random (d inputs, N units). A pattern that has been seen drives the units that it made active less, so that D
is small. The model says how familiar a pattern is, not which ones came before: a threshold on D and a slope are learned
with eta, logit = slope (threshold - D).
Source: Bogacz and Brown, Hippocampus 13:494, 2003; with continual streams: Tyulmankov, Yang and Abbott, Neuron 110:544,
2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import jax
import jax.numpy as jnp

from synapseek_core.quantities import B03
from synapseek_core.streams.network import Block, Response, StreamNetwork


@dataclass(frozen=True)
class BogaczBrown(StreamNetwork):
    """The anti-Hebbian model."""

    name: ClassVar[str] = "bogacz_brown"
    source: ClassVar[str] = B03

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Learned parameters; see `StreamNetwork`."""
        return (
            Block("eta", "learning rate of the weights, times the number of inputs", (), "log"),
            Block("threshold", "discrimination below which a pattern counts as a repeat"),
            Block("slope", "slope of the log odds", (), "log"),
        )

    def respond(self, theta: jax.Array, patterns: jax.Array, key: jax.Array) -> Response:
        """Return the network's answers to one stream; see `StreamNetwork`. It draws its initial weights."""
        block = self.split(theta)

        def step(weights: jax.Array, pattern: jax.Array) -> tuple[jax.Array, jax.Array]:
            potential = weights @ pattern
            active = potential > jnp.median(potential)
            weights = self._normalised(weights - block["eta"] / self.inputs * active[:, None] * pattern)
            return weights, jnp.where(active, potential, -potential)

        start = self._normalised(jax.random.normal(key, (self.units, self.inputs)))
        _, hidden = jax.lax.scan(step, start, patterns)
        return Response(block["slope"] * (block["threshold"] - hidden.mean(-1)), hidden)

    def _normalised(self, weights: jax.Array) -> jax.Array:
        centred = weights - weights.mean(1, keepdims=True)
        return centred / (centred.std(1, keepdims=True) * sqrt(self.inputs))
