"""Choice of how blocks are computed: in plain JAX, or with kernels for GPUs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax.tables import Compute
from synapseek_core.plasticity.family import PlasticityFamily


def compute_on(device: jax.Device, family: PlasticityFamily) -> Compute:
    """Return how blocks are computed on a device: with kernels on a GPU, unless a rule of the family multiplies
    matrices, as small neural networks do: kernels handle a synapse apart from all others."""
    if device.platform != "gpu" or any(map(_multiplies_matrices, (family.on_pre, family.on_post))):
        return "xla"
    return "kernels"


def _multiplies_matrices(side: Callable[..., Any]) -> bool:
    factors = {name: jnp.zeros(2, jnp.float32) for name in inspect.signature(side).parameters}
    return "dot_general" in str(jax.make_jaxpr(lambda given: side(**given))(factors))
