"""Common interface of networks that are shown a stream of patterns and say of each whether it came before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, ClassVar, NamedTuple

import jax
import numpy as np

from synapseek_core.plasticity.family import Parameter, RuleFamily
from synapseek_core.plasticity.scales import ScaleName


class Response(NamedTuple):
    """Log odds that the pattern of each step is a repeat (step,), and activity of the hidden units (step, unit)."""

    logit: jax.Array
    hidden: jax.Array


@dataclass(frozen=True)
class Block:
    """Learned numbers that belong together: one, or an array of them.

    Attributes:
        name, meaning: as of a parameter; those of an array are numbered.
        shape: of the array; () for a single number.
        scale: how a search sees them.
    """

    name: str
    meaning: str
    shape: tuple[int, ...] = ()
    scale: ScaleName = "linear"

    def parameters(self) -> Iterator[Parameter]:
        """Return one `Parameter` for each number of the block, the last index fastest."""
        for index in np.ndindex(self.shape):
            name = "_".join([self.name, *map(str, index)])
            yield Parameter(name, "1", self.meaning, self.scale, self.name if self.shape else "")


@dataclass(frozen=True)
class StreamNetwork(ABC):
    """A network whose every parameter is learned.

    Attributes:
        inputs, units: elements of a pattern, hidden units.

    Class attributes:
        name: in the configuration.
        source: the publication.
    """

    inputs: int
    units: int

    name: ClassVar[str]
    source: ClassVar[str]

    @property
    @abstractmethod
    def blocks(self) -> tuple[Block, ...]:
        """Learned parameters, in the order of theta."""

    @abstractmethod
    def respond(self, theta: jax.Array, patterns: jax.Array, key: jax.Array) -> Response:
        """Return the network's answers to one stream.

        Args:
            theta: (parameter,).
            patterns: (step, input).
            key: for what the network draws itself.
        """

    @cached_property
    def family(self) -> RuleFamily:
        """The network as a family of rules."""
        return RuleFamily(self.name, self.source, tuple(p for block in self.blocks for p in block.parameters()))

    @cached_property
    def places(self) -> dict[str, slice]:
        """Position of each block in theta."""
        ends = np.cumsum([prod(block.shape) for block in self.blocks]).tolist()
        return {b.name: slice(e - prod(b.shape), e) for b, e in zip(self.blocks, ends, strict=True)}

    def split(self, theta: Any) -> dict[str, Any]:
        """Return theta (..., parameter) as one array (..., *shape) for each block."""
        return {b.name: theta[..., self.places[b.name]].reshape((*theta.shape[:-1], *b.shape)) for b in self.blocks}
