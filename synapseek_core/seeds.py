"""Where every random number comes from: (study seed, stream), never from the batch or the order of work."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np


def generator(seed: int, *path: int | str) -> np.random.Generator:
    """Counter-based generator of the stream named by `path` under the study's seed.

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
    """

    seed: int
    stream: tuple[int | str, ...]
    count: int

    def generator(self, trial: int, purpose: str, *path: int) -> np.random.Generator:
        """Generator for one purpose (`"nuisance"`, `"connectivity"`, `"input"`) of one trial."""
        return generator(self.seed, *self.stream, trial, purpose, *path)
