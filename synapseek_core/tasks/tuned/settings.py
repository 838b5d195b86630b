"""Tuned inhibition: a rule of inhibitory plasticity must bring a neuron with tuned excitation to a target rate.

A conductance-based leaky integrate-and-fire neuron (the TIF neuron) receives 800 excitatory and 200 inhibitory Poisson
inputs in 8 groups of 100 + 25; each group follows a slow signal of its own. Excitatory weights are tuned over the
groups and fixed, inhibitory weights start small, all equal, and are plastic. After training, r(t), the exponentially
filtered rate of the neuron, is scored:

    loss = mean over time of (r - r_target)^2 / (r + 0.1)

The published set-up is one neuron. Neurons do not act on each other, so several at a time, each preferring another
signal, are as many repetitions of it for little more than the cost of one; the loss is their mean.
Source: Confavreux et al., NeurIPS 2020 (task); Vogels et al., Science 2011 (set-up).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from synapseek_core.engine.network import Network, RateBounds
from synapseek_core.interfaces.costs import SpikingNetwork, plasticity_effort
from synapseek_core.interfaces.search import CMA_ES
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.plasticity.family import RuleFamily
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.quantities import C20, CHOICE, Distribution, quantity, uniform
from synapseek_core.registries import Registry
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.recording import RecordingSettings
from synapseek_core.tasks.tuned.network import SignalInputSettings, TunedNetworkSettings, units
from synapseek_core.theory.manifold import PairRuleManifold

OUT_OF_REACH = 1e4
"""Bounds on the rate, in Hz, that no neuron reaches: no trial is stopped."""


class TunedInhibitionProtocol(spiking.Protocol):
    """Settings of the protocol: training, then scoring."""

    training_time: Distribution = quantity(
        uniform(4.0, 5.0), "s", "time before scoring, rounded to a recording bin", CHOICE
    )
    scoring_time: float = quantity(2.0, "s", "scored time", CHOICE, gt=0)
    target_rate: float = quantity(10.0, "Hz", "wanted rate of the neuron", CHOICE, gt=0)
    rate_time_constant: float = quantity(1.0, "s", "time constant of the filtered rate", CHOICE, gt=0)
    loss_offset: float = quantity(0.1, "Hz", "added to the rate in the loss's denominator", C20, gt=0)


class InhibitoryPlasticity(spiking.SpikingPlasticity):
    """Settings of the plasticity of the inhibitory synapses, by the pair rule, for which there is mean-field theory."""

    families: ClassVar[Mapping[str, RuleFamily]] = Registry({"pair": SPIKING_FAMILIES.places["pair"]})
    types: ClassVar[tuple[str, ...]] = ("IE",)


class TunedInhibitionStudy(StudySettings):
    """Settings of a tuned-inhibition study."""

    search_methods: ClassVar[tuple[str, ...]] = (*CMA_ES, "stein_variational_cma_es")

    scored_keys: ClassVar[Mapping[str, frozenset[str]]] = {"protocol": frozenset({"target_rate", "loss_offset"})}

    plasticity: InhibitoryPlasticity = Field(default_factory=InhibitoryPlasticity)
    network: TunedNetworkSettings = Field(default_factory=TunedNetworkSettings)
    input: SignalInputSettings = Field(default_factory=SignalInputSettings)
    recording: RecordingSettings = Field(default_factory=RecordingSettings)
    protocol: TunedInhibitionProtocol = Field(default_factory=TunedInhibitionProtocol)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "input", "recording", "protocol")

    def check_simulation(self, key: str) -> None:
        """Check that the scored window contains a bin; see `StudySettings.check_simulation`."""
        spiking.check_window(self.protocol.scoring_time, self.recording.bin, key)

    @property
    def mean_field_manifold(self) -> PairRuleManifold:
        """Manifold of the rules that keep the target rate at the mean rate of the inputs."""
        signals = self.input.background.mean + self.input.modulation.mean / float(np.sqrt(2 * np.pi))
        return PairRuleManifold(signals, self.protocol.target_rate)

    @property
    def size(self) -> SpikingNetwork:
        """Size of the network; all synapses are those of inputs."""
        inputs, neurons = self.input, self.network.neurons
        rate = self.mean_field_manifold.presynaptic_rate
        return SpikingNetwork(
            neurons=neurons,
            inputs=inputs.excitatory + inputs.inhibitory,
            input_rate=rate,
            plastic=inputs.inhibitory * neurons,
            plastic_rate=rate,
            static=inputs.excitatory * neurons,
            static_rate=rate,
            effort=plasticity_effort(SPIKING_FAMILIES[self.plasticity.family]),
        )

    def build_network(self) -> Network:
        """Return the network that all trials share."""
        group = units(self.network, self.input)
        return Network(
            neuron=self.network.neuron.build(),
            populations=(group["E"],),
            n_sources=self.input.excitatory + self.input.inhibitory,
            family=self.plasticity.rule_family,
            plastic=self.plasticity.synapse_types,
            bounds=RateBounds("E", self.protocol.rate_time_constant, -OUT_OF_REACH, OUT_OF_REACH),
        )
