"""Random streams: every number comes from (study seed, stream), never from the batch or the order of work."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import jax


def generator(seed: int, *path: int | str) -> np.random.Generator:
    """Return the counter-based generator of the stream named by `path` under the study's seed.

    The same (seed, path) gives the same numbers on every machine; different paths are independent.
    """
    spawn_key = tuple(zlib.crc32(part.encode()) if isinstance(part, str) else part for part in path)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=spawn_key)))


@dataclass(frozen=True)
class Trials:
    """A set of trials shared by all rules (common random numbers).

    Attributes:
        seed: the study's seed.
        stream: what the trials are for, for example `("evaluation",)` or `("population", restart, generation)`.
        count: number of trials.
        level: how hard they are, in a task that has levels; None: as the task's settings say.
    """

    seed: int
    stream: tuple[int | str, ...]
    count: int
    level: int | None = None

    def generator(self, trial: int, purpose: str, *path: int) -> np.random.Generator:
        """Return the generator for one purpose (`"nuisance"`, `"connectivity"`, `"input"`) of one trial."""
        return generator(self.seed, *self.stream, trial, purpose, *path)

    def keys(self) -> jax.Array:
        """Return JAX keys (trial,), for trials that are drawn on the device; key k does not depend on `count`."""
        words = generator(self.seed, *self.stream, "device").integers(2**32, size=2, dtype=np.uint32)
        return _folding()(words, np.arange(self.count, dtype=np.uint32))


@cache
def _folding() -> Any:
    # Here: few jobs draw trials on the device.
    import jax

    def fold(words: jax.Array, numbers: jax.Array) -> jax.Array:
        return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(jax.random.wrap_key_data(words), numbers)

    return jax.jit(fold)
