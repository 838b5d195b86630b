"""HebbFF: a feedforward network whose input weights carry a decaying Hebbian trace of the patterns it has seen.

    h_t = sigmoid((W1 + A_t) x_t + b1),   logit_t = W2 h_t + b2,   A_t+1 = lambda A_t + eta h_t x_t^T,   A_0 = 0

W1, b1, W2, b2, lambda and eta are learned, A is the memory. theta holds sqrt(d) W1, sqrt(N) W2 and d eta (d inputs, N
units), so that the published starts do not depend on the size: elements of W1, W2 and the biases of variance 1, d eta =
-5, lambda = 0.99. A uniform read-out has one hidden bias and one output weight for all units; theta then holds that
weight itself.
Source: Tyulmankov, Yang and Abbott, Neuron 110:544, 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import jax
import jax.numpy as jnp

from synapseek_core.plasticity.scales import ScaleName
from synapseek_core.quantities import T22
from synapseek_core.streams.network import Block, Response, StreamNetwork
from synapseek_core.streams.options import Readout, Sign

CHUNK = 20
"""Steps between which A is written: within them what A gains is summed from the patterns' overlaps, to the same
result."""


ETA_SCALE: dict[Sign, ScaleName] = {"free": "linear", "hebbian": "log", "anti_hebbian": "minus_log"}


@dataclass(frozen=True)
class HebbFF(StreamNetwork):
    """HebbFF with eta of a free or a given sign."""

    sign: Sign = "free"
    readout: Readout = "weighted"

    name: ClassVar[str] = "hebbff"
    source: ClassVar[str] = T22

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Learned parameters; see `StreamNetwork`."""
        each = (self.units,) if self.readout == "weighted" else ()
        return (
            Block(
                "eta_d", "learning rate of the plastic weights, times the number of inputs", (), ETA_SCALE[self.sign]
            ),
            Block("lambda", "share of the plastic weights that a step leaves", (), "logit"),
            Block("b2", "bias of the output"),
            Block("w2", "weights of the output" + (", times the root of the number of units" if each else ""), each),
            Block("b1", "biases of the hidden units", each),
            Block("w1", "static weights, times the root of the number of inputs", (self.units, self.inputs)),
        )

    def respond(self, theta: jax.Array, patterns: jax.Array, key: jax.Array) -> Response:
        """Return the network's answers to one stream; see `StreamNetwork`. It draws nothing."""
        block = self.split(theta)
        static = patterns @ block["w1"].T / sqrt(self.inputs) + block["b1"]
        hidden = plastic_layer(static, patterns, block["lambda"], block["eta_d"] / self.inputs)
        if self.readout == "weighted":
            return Response(hidden @ block["w2"] / sqrt(self.units) + block["b2"], hidden)
        return Response(block["w2"] * hidden.sum(-1) + block["b2"], hidden)


def plastic_layer(static: jax.Array, patterns: jax.Array, decay: jax.Array, rate: jax.Array) -> jax.Array:
    """Return the hidden activity (step, unit) under the static drive W1 x + b1 (step, unit) and the plastic weights.

    Args:
        patterns: (step, input).
        decay, rate: lambda and eta.
    """
    steps, units = static.shape
    padding = ((0, -steps % CHUNK), (0, 0))
    x = jnp.pad(patterns, padding).reshape(-1, CHUNK, patterns.shape[1])
    drive = jnp.pad(static, padding).reshape(-1, CHUNK, units)
    ago = jnp.arange(CHUNK)[:, None] - 1 - jnp.arange(CHUNK)
    # What step s adds to the drive of a later step t of the chunk: eta lambda^(t-1-s) (x_s . x_t) h_s.
    gain = rate * jnp.where(ago >= 0, decay ** jnp.maximum(ago, 0), 0.0)
    overlap = gain * (x @ jnp.swapaxes(x, 1, 2))
    left = decay ** jnp.arange(CHUNK)

    def chunk(memory: jax.Array, now: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        x, drive, overlap = now
        h = causal_sigmoid(drive + left[:, None] * (x @ memory.T), overlap)
        return decay**CHUNK * memory + rate * (left[::-1, None] * h).T @ x, h

    _, hidden = jax.lax.scan(chunk, jnp.zeros((units, patterns.shape[1])), (x, drive, overlap))
    return hidden.reshape(-1, units)[:steps]


@jax.custom_vjp
def causal_sigmoid(drive: jax.Array, overlap: jax.Array) -> jax.Array:
    """Return h_t = sigmoid(drive_t + sum over s < t of overlap_ts h_s), (step, unit).

    `drive` is (step, unit), `overlap` (step, step). The gradient is the same sum backwards in time; differentiating
    step by step would keep h of every step at every step.
    """

    def step(hidden: jax.Array, t: jax.Array) -> tuple[jax.Array, None]:
        return hidden.at[t].set(jax.nn.sigmoid(drive[t] + (overlap[t][:, None] * hidden).sum(0))), None

    return jax.lax.scan(step, jnp.zeros_like(drive), jnp.arange(len(drive)))[0]


def _forward(drive: jax.Array, overlap: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    hidden = causal_sigmoid(drive, overlap)
    return hidden, (hidden, overlap)


def _backward(kept: tuple[jax.Array, jax.Array], of_hidden: jax.Array) -> tuple[jax.Array, jax.Array]:
    hidden, overlap = kept
    slope = hidden * (1 - hidden)

    def step(of_drive: jax.Array, t: jax.Array) -> tuple[jax.Array, None]:
        later = (overlap[:, t][:, None] * of_drive).sum(0)
        return of_drive.at[t].set(slope[t] * (of_hidden[t] + later)), None

    of_drive = jax.lax.scan(step, jnp.zeros_like(hidden), jnp.arange(len(hidden)), reverse=True)[0]
    return of_drive, of_drive @ hidden.T


causal_sigmoid.defvjp(_forward, _backward)
