"""The backends by name: functions as `engine.simulation.simulate`, without the choice of the backend."""

from collections.abc import Callable

from synapseek_core.engine.records import Record
from synapseek_core.registries import Registry

BACKENDS: Registry[Callable[..., list[list[Record]]]] = Registry(
    {
        "jax": "engine.jax.backend:simulate",
        "numba": "engine.numba.backend:simulate",
    }
)
