"""The JAX engine compiled for a GPU that is not there: nothing is executed.

    pip install -e ".[gpu-compile]"

The plugin of JAX for CUDA takes a description of the device, one of the files in targets/.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import topologies
from jax.sharding import SingleDeviceSharding

from synapseek_core.engine.forms import Form
from synapseek_core.engine.jax.batch import Batch
from synapseek_core.engine.jax.chunk import run_chunk
from synapseek_core.engine.jax.compute import compute_on
from synapseek_core.engine.jax.state import empty_slots
from synapseek_core.engine.jax.tables import Compute
from synapseek_core.engine.jobs import Job
from synapseek_core.engine.network import Network, Trial
from synapseek_core.engine.records import Recording

TARGETS = Path(__file__).parent / "targets"


@dataclass(frozen=True)
class Target:
    """A device to compile for: its memory bandwidth in byte/s, cache in bytes, and multiprocessors."""

    name: str
    sharding: SingleDeviceSharding
    bandwidth: float
    cache: float
    processors: int


def target(name: str) -> Target:
    """Return the device that targets/NAME.textproto describes.

    Raises:
        RuntimeError: the plugin for CUDA is not installed, or is not of JAX's version.
    """
    described = "\n".join(
        line for line in (TARGETS / f"{name}.textproto").read_text().splitlines() if not line.startswith("#")
    )
    topology = topologies.get_topology_desc("", "cuda", target_config=described, topology="1x1x1")
    figures = dict(re.findall(r"(\w+): (\d+)$", described, re.MULTILINE))
    device = SingleDeviceSharding(topology.devices[0])
    cores = int(figures["core_count"])
    return Target(name, device, float(figures["memory_bandwidth"]), float(figures["l2_cache_size"]), cores)


def compiled_chunk(
    on: Target,
    network: Network,
    trial: Trial,
    rule: np.ndarray,
    form: Form,
    slots: int,
    compute: Compute | None = None,
    **options: Any,
) -> jax.stages.Compiled:
    """Return the program that advances so many networks by a chunk, compiled for a device.

    Only one network is really made: of the others, the compiler needs the shapes. `compute` is as on that device unless
    it is given; `options` are the compiler's.
    """
    compute = compute or compute_on(next(iter(on.sharding.device_set)), network.family)
    batch = Batch(network, [trial], rule[None], Recording(weight_chunks=10), form, deque([Job(0, 0)]), {}, 1, compute)
    batch.start()
    windows, frozen = len(trial.windows), len(trial.frozen)
    state = jax.eval_shape(lambda: empty_slots(batch.layout, batch.tables, slots, windows, frozen))
    arrivals = batch._arrivals()._replace(stream=jnp.zeros(slots, jnp.int32))
    described = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=on.sharding),
        (batch.tables, state, arrivals, batch._kept()),
    )
    lowered = run_chunk.trace(batch.layout, *described).lower(lowering_platforms=("cuda",))
    return lowered.compile(compiler_options=options)
