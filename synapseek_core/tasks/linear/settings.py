"""Common parts of the studies on rate networks: settings, data sets, simulation, loss with gradient, and sensitivity.

A trial is a data set: Gaussian inputs with a random covariance, and random initial weights. The rule acts on every
presented input; the weights after the last one are compared with the leading principal components.
Source: Confavreux et al., NeurIPS 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from synapseek_core.interfaces.search import CMA_ES
from synapseek_core.interfaces.settings import PlasticitySettings, StudySettings
from synapseek_core.plasticity.family import RateFamily, RuleFamily
from synapseek_core.plasticity.registry import RATE_FAMILIES
from synapseek_core.quantities import C20, CHOICE, Distribution, Settings, log_uniform, quantity, uniform


class RatePlasticity(PlasticitySettings):
    """Settings of the plasticity of a rate network."""

    families: ClassVar[Mapping[str, RuleFamily]] = RATE_FAMILIES
    types: ClassVar[tuple[str, ...]] = ("feedforward", "lateral")

    family: str = quantity("taylor", "1", "family of plasticity rules", C20)
    synapse_types: tuple[str, ...] = quantity(("feedforward",), "1", "plastic synapse types", C20)

    @property
    def rule_family(self) -> RateFamily:
        """The family of rules."""
        return RATE_FAMILIES[self.family]


class RateNetworkSettings(Settings):
    """Settings of a layer of linear neurons."""

    inputs: int = quantity(10, "1", "number of inputs", CHOICE, ge=2)
    outputs: int = quantity(1, "1", "number of output neurons", C20, ge=1)
    lateral: Literal["all", "hierarchical"] = quantity(
        "all", "1", "which outputs an output inhibits: all others, or those after it", CHOICE
    )
    settling: int = quantity(
        5, "1", "iterations in which lateral inhibition settles; 1: one step", CHOICE, ge=1, le=1000
    )
    initial_length: Distribution = quantity(
        uniform(0.5, 1.5), "1", "length of each output's initial weight vector, of random direction", CHOICE
    )
    learning_rate: float = quantity(0.15, "1", "eta, multiplies every weight change", CHOICE, gt=0)
    learning_rate_halving: float | None = quantity(
        30.0, "1", "inputs after which eta has halved, as eta / (1 + t / halving); null: constant", CHOICE, gt=0
    )
    maximum_weight: float = quantity(10.0, "1", "a trial stops before a weight grows beyond it", CHOICE, gt=0)


class DataSettings(Settings):
    """Settings of Gaussian inputs with random covariances."""

    spectrum: Literal["geometric", "power", "floor"] = quantity(
        "geometric",
        "1",
        "eigenvalues over the largest: geometric decay^k, k = 0, 1, ...; power (1 + k)^-decay; floor: as many as there "
        "are outputs fall evenly from 1 towards 1/2, the others are decay",
        CHOICE,
    )
    decay: Distribution = quantity(uniform(0.3, 0.6), "1", "parameter of the spectrum", CHOICE)
    variance: Distribution = quantity(log_uniform(0.4, 2.0), "1", "largest eigenvalue", CHOICE)

    @model_validator(mode="after")
    def _falls(self) -> DataSettings:
        if self.spectrum != "power" and self.decay.high > 1:
            raise ValueError(f"decay = {self.decay.high:g} makes the {self.spectrum} spectrum rise; allowed: up to 1")
        return self


class RateProtocol(Settings):
    """Settings of the protocol: presentation, then scoring."""

    steps: int = quantity(500, "1", "presented inputs", CHOICE, ge=1)
    loss: Literal["ordered", "subspace"] = quantity(
        "ordered", "1", "weight vectors against components one by one, or the spaces that they span", C20
    )
    stop_penalty: float = quantity(1.0, "1", "added to the loss of a stopped trial", CHOICE, ge=0)


class RateRecording(Settings):
    """Settings of what simulations keep."""

    samples: int = quantity(50, "1", "how often weights are kept, evenly over the presented inputs", CHOICE, ge=1)


class RateStudy(StudySettings):
    """Settings of a study on a rate network."""

    search_methods: ClassVar[tuple[str, ...]] = (*CMA_ES, "gradient")

    scored_keys: ClassVar[Mapping[str, frozenset[str]]] = {"protocol": frozenset({"loss", "stop_penalty"})}

    plasticity: RatePlasticity = Field(default_factory=RatePlasticity)
    network: RateNetworkSettings = Field(default_factory=RateNetworkSettings)
    data: DataSettings = Field(default_factory=DataSettings)
    protocol: RateProtocol = Field(default_factory=RateProtocol)
    recording: RateRecording = Field(default_factory=RateRecording)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "data", "protocol", "recording")

    @model_validator(mode="after")
    def _fits(self) -> RateStudy:
        if self.network.outputs >= self.network.inputs:
            raise ValueError(
                f"network.outputs = {self.network.outputs} must be below network.inputs = {self.network.inputs}"
            )
        if self.protocol.steps % self.recording.samples:
            raise ValueError(
                f"recording.samples = {self.recording.samples} must divide protocol.steps = {self.protocol.steps}"
            )
        return self
