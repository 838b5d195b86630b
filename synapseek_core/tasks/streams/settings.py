"""Continual familiarity detection: a network is shown a stream of patterns and must tell which of them are repeats.

A whole network is learned: with HebbFF the rule of its plastic weights (lambda and eta) together with its static
weights and biases. A trial is a stream, drawn when it is needed; its level is the repeat interval R. The loss is the
binary cross-entropy, mean over the patterns of a stream; success is the share of right answers.
Source: Tyulmankov, Yang and Abbott, Neuron 110:544, 2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import Field, model_validator

from synapseek_core.interfaces.search import CMA_ES
from synapseek_core.interfaces.settings import PlasticitySettings, StudySettings
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.quantities import CHOICE, T22, Settings, quantity
from synapseek_core.streams.network import StreamNetwork
from synapseek_core.streams.options import Readout, Sign
from synapseek_core.streams.registry import NETWORKS
from synapseek_core.streams.streams import StreamLaw, StreamShape


class NetworkPlasticity(PlasticitySettings):
    """Settings of the network that is learned, and of its free parameters."""

    families: ClassVar[Mapping[str, Any]] = NETWORKS
    types: ClassVar[tuple[str, ...]] = ("feedforward",)

    family: str = quantity("hebbff", "1", "kind of network: hebbff, or one to compare it with", T22)
    synapse_types: tuple[str, ...] = quantity(("feedforward",), "1", "plastic synapse types", T22)
    sign: Sign = quantity("free", "1", "sign of eta of hebbff: free, or forced to be positive or negative", T22)
    readout: Readout = quantity(
        "weighted", "1", "of hebbff; uniform: one hidden bias and one output weight for all units", T22
    )

    @model_validator(mode="after")
    def _of_hebbff(self) -> NetworkPlasticity:
        if self.family != "hebbff" and (self.sign, self.readout) != ("free", "weighted"):
            raise ValueError(f"sign and readout are of hebbff; {self.family} has neither")
        return self


class StreamNetworkSettings(Settings):
    """Settings of the size of the network."""

    inputs: int = quantity(100, "1", "elements of a pattern", T22, ge=1)
    units: int = quantity(100, "1", "hidden units", T22, ge=1)


class StreamSettings(Settings):
    """Settings of the streams of patterns."""

    interval: int = quantity(3, "1", "R, steps after which a pattern comes again, where no curriculum says", T22, ge=1)
    repeat_probability: float = quantity(
        0.5, "1", "probability of a repeat, at a step where there can be one", T22, gt=0, lt=1
    )
    multiple_repeats: bool = quantity(False, "1", "whether a repeated pattern may be repeated again", T22)
    steps: int = quantity(200, "1", "patterns in a stream, at least", T22, ge=2)
    steps_per_interval: int = quantity(20, "1", "patterns in a stream for each step of R, at least", T22, ge=2)
    noise: float = quantity(
        0.0, "1", "probability that an element of a repeated pattern is turned over", CHOICE, ge=0, le=1
    )
    correlation: float = quantity(0.0, "1", "correlation of any two patterns of a stream", CHOICE, ge=0, lt=1)

    def law(self, interval: int) -> StreamLaw:
        """Return the distribution of streams with this repeat interval."""
        scored = max(self.steps, self.steps_per_interval * interval)
        return StreamLaw(interval, scored, self.repeat_probability, self.multiple_repeats, self.noise, self.correlation)

    def shape(self, inputs: int, law: StreamLaw) -> StreamShape:
        """Return the shape in which streams of this distribution are drawn.

        It has 1, 2, 4, ... times `steps` patterns, so that few shapes are compiled; those beyond the scored ones do not
        count.
        """
        doublings = (-(-law.scored // self.steps) - 1).bit_length()
        return StreamShape(inputs, self.steps * 2**doublings, plain=not (self.noise or self.correlation))


class StreamRecording(Settings):
    """Settings of what simulations keep."""

    steps: int = quantity(
        200, "1", "last steps of the first stream of which patterns and hidden activity are kept", CHOICE
    )


@lru_cache
def _space(network: StreamNetwork, kinds: tuple[str, ...]) -> RuleSpace:
    return RuleSpace(network.family, kinds)


class ContinualFamiliarityStudy(StudySettings):
    """Settings of a study of continual familiarity detection."""

    search_methods: ClassVar[tuple[str, ...]] = (*CMA_ES, "sep_cma_es", "gradient")
    has_levels: ClassVar[bool] = True

    plasticity: NetworkPlasticity = Field(default_factory=NetworkPlasticity)
    network: StreamNetworkSettings = Field(default_factory=StreamNetworkSettings)
    stream: StreamSettings = Field(default_factory=StreamSettings)
    recording: StreamRecording = Field(default_factory=StreamRecording)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "stream", "recording")

    @property
    def rule_space(self) -> RuleSpace:
        """Space of networks, whose parameters depend on the network's size."""
        return _space(self.build_network(), self.plasticity.synapse_types)

    def build_network(self) -> StreamNetwork:
        """Return the network, without its parameters."""
        size, plasticity = (self.network.inputs, self.network.units), self.plasticity
        options = (plasticity.sign, plasticity.readout) if plasticity.family == "hebbff" else ()
        return NETWORKS[plasticity.family](*size, *options)

    @model_validator(mode="after")
    def _whole_gradients(self) -> ContinualFamiliarityStudy:
        for name, search in self.search.items():
            if getattr(search, "truncation", None) is not None:
                raise ValueError(f"search.{name}.truncation must be null: all steps of a stream are scored")
        return self
