"""Common parts of the studies on a recurrent spiking network: settings, and the network of all trials."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, field_validator, model_validator

from synapseek_core.engine.connectivity import random_pairs
from synapseek_core.engine.network import Group, Network, RateBounds, Trial
from synapseek_core.engine.records import Record, Recording
from synapseek_core.engine.simulation import simulate
from synapseek_core.engine.start import InitialWeights, Start
from synapseek_core.errors import ConfigurationError
from synapseek_core.interfaces.costs import (
    PLANNED_RATE,
    SpikingNetwork,
    plasticity_effort,
)
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.settings import PlasticitySettings, StudySettings
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.neurons.settings import NeuronSettings, default_neuron
from synapseek_core.plasticity.family import PlasticityFamily, RuleFamily
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.quantities import (
    C25,
    CHOICE,
    FITTED,
    Bounds,
    Distribution,
    Settings,
    fixed,
    log_uniform,
    quantity,
    uniform,
)
from synapseek_core.runtime import Compute
from synapseek_core.tasks.recurrent.recording import RecurrentRecordingSettings

SYNAPSE_TYPES = ("EE", "EI", "IE", "II")
PAIR_RULE_BOUNDS: dict[str, Bounds] = {
    "tau_pre": (0.010, 0.100),
    "tau_post": (0.010, 0.100),
    "alpha": (-2.0, 2.0),
    "beta": (-2.0, 2.0),
    "gamma": (-2.0, 2.0),
    "kappa": (-2.0, 2.0),
}
"""The box of plausible pair rules of Confavreux et al., NeurIPS 2023."""

NO_PLASTICITY: dict[str, float | Bounds] = {
    "tau_pre": 0.010,
    "tau_post": 0.010,
    "alpha": 0.0,
    "beta": 0.0,
    "gamma": 0.0,
    "kappa": 0.0,
}
"""The pair rule at which the published searches start: no weight changes."""

LONGEST_PHASE = 4e4
"""In s. Time steps of a trial are counted in 32 bits, which hold five such phases."""

HIGHEST_RATE = 1 / TIME_STEP
"""In Hz: an input spikes at most once in a time step."""

FEWEST_SYNAPSES = 30
"""Expected ones of a plastic type: a random network is then without any once in 1e13."""


class Protocol(Settings):
    """Settings of the phases of a trial."""

    @model_validator(mode="after")
    def _can_be_counted(self) -> Protocol:
        for name, field in type(self).model_fields.items():
            value, extra = getattr(self, name), field.json_schema_extra
            longest = value.high if isinstance(value, Distribution) else value
            if isinstance(extra, dict) and extra["unit"] == "s" and longest > LONGEST_PHASE:
                raise ValueError(f"{name} = {longest:g} s is too long; allowed: up to {LONGEST_PHASE:g} s")
        return self


class WeightSettings(Settings):
    """Settings of the weights of each synapse type, in leak conductances; initial ones where the type is plastic."""

    EE: Distribution = quantity(fixed(0.03), "1", "excitatory to excitatory", C25)
    EI: Distribution = quantity(fixed(0.03), "1", "excitatory to inhibitory", C25)
    IE: Distribution = quantity(uniform(0.0, 0.3), "1", "inhibitory to excitatory", C25)
    II: Distribution = quantity(fixed(0.3), "1", "inhibitory to inhibitory", C25)


class MaximumWeightSettings(Settings):
    """Settings of the upper bounds of the weights of plastic synapse types, in leak conductances."""

    EE: Distribution = quantity(fixed(0.3), "1", "excitatory to excitatory", C25)
    EI: Distribution = quantity(fixed(0.3), "1", "excitatory to inhibitory", C25)
    IE: Distribution = quantity(log_uniform(2.0, 3.0), "1", "inhibitory to excitatory", C25)
    II: Distribution = quantity(log_uniform(0.4, 0.5), "1", "inhibitory to inhibitory", FITTED)


class NetworkSettings(Settings):
    """Settings of a recurrent network of excitatory (E) and inhibitory (I) neurons with random sparse connections."""

    neuron: NeuronSettings = Field(default_factory=default_neuron)
    excitatory: int = quantity(8000, "1", "number of excitatory neurons", C25, ge=1)
    inhibitory: int = quantity(2000, "1", "number of inhibitory neurons", C25, ge=1)
    connection_probability: float = quantity(0.02, "1", "of every pair, all four types", C25, gt=0, lt=1)
    weight: WeightSettings = Field(default_factory=WeightSettings)
    maximum_weight: MaximumWeightSettings = Field(default_factory=MaximumWeightSettings)
    learning_rate: float = quantity(0.01, "1", "eta, multiplies every weight change", C25, ge=0)


class InputSettings(Settings):
    """Settings of independent Poisson inputs to all neurons."""

    sources: int = quantity(5000, "1", "number of inputs", C25, ge=1)
    rate: Distribution = quantity(uniform(1.0, 5.0), "Hz", "background rate of every input", C25)
    weight: float = quantity(0.1, "1", "weight in leak conductances", C25, ge=0)

    @field_validator("rate")
    @classmethod
    def _at_most_once_a_step(cls, value: Distribution) -> Distribution:
        if value.high > HIGHEST_RATE:
            raise ValueError(f"{value.high:g} Hz is more than a spike in a time step; allowed: up to {HIGHEST_RATE:g}")
        return value

    @property
    @abstractmethod
    def targets(self) -> float:
        """Expected share of the neurons that an input reaches."""

    @abstractmethod
    def connect(self, pre: Group, post: Group, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the connections from the inputs to the neurons: (row_start, targets) as in `Projection`."""


class RandomInputSettings(InputSettings):
    """Settings of independent Poisson inputs, connected at random to all neurons."""

    connection_probability: float = quantity(0.05, "1", "of an input and a neuron", C25, gt=0, lt=1)

    @property
    def targets(self) -> float:
        """Expected share of the neurons that an input reaches."""
        return self.connection_probability

    def connect(self, pre: Group, post: Group, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the connections: each pair independently with `connection_probability`."""
        return random_pairs(pre, post, self.connection_probability, generator)


class SpikingPlasticity(PlasticitySettings):
    """Settings of the plasticity of a recurrent spiking network."""

    families: ClassVar[Mapping[str, RuleFamily]] = SPIKING_FAMILIES
    types: ClassVar[tuple[str, ...]] = SYNAPSE_TYPES

    held: dict[str, float] = quantity(
        {},
        "V (voltage, currents), 1 (weight, traces)",
        "factors that the rules do not see -> values that they are given in their place; a condition may set it",
        CHOICE,
    )

    trace_time_constants: dict[str, float] = quantity(
        {},
        "s",
        "traces of the family that have a fixed time constant -> another one than the family's",
        CHOICE,
    )

    frozen: tuple[str, ...] = quantity(
        (), "1", "plastic synapse types whose weights do not change; a condition may set it", CHOICE
    )

    @property
    def learning_types(self) -> tuple[str, ...]:
        """The plastic synapse types whose weights change."""
        return tuple(name for name in self.synapse_types if name not in self.frozen)

    @property
    def rule_family(self) -> PlasticityFamily:
        """Family of rules, with its time constants of traces and the clamped factors hidden from it."""
        family = SPIKING_FAMILIES[self.family].with_time_constants(self.trace_time_constants)
        return replace(family, held=self.held)

    @model_validator(mode="after")
    def _frozen_are_plastic(self) -> SpikingPlasticity:
        if unknown := [name for name in self.frozen if name not in self.synapse_types]:
            raise ValueError(
                f"frozen names {unknown[0]!r}, which is not plastic; allowed: {', '.join(self.synapse_types)}"
            )
        return self

    @model_validator(mode="after")
    def _have_fixed_time_constants(self) -> SpikingPlasticity:
        fixed_ones = SPIKING_FAMILIES[self.family].fixed_time_constants
        for name, value in self.trace_time_constants.items():
            if name not in fixed_ones:
                raise ValueError(
                    f"trace_time_constants names {name!r}, which is no trace of the {self.family} rule with a fixed "
                    f"time constant; allowed: {', '.join(fixed_ones) or 'none'}"
                )
            if value <= 0:
                raise ValueError(f"trace_time_constants.{name} = {value:g} s; allowed: above 0 s")
        return self

    @model_validator(mode="after")
    def _held_are_factors(self) -> SpikingPlasticity:
        factors = SPIKING_FAMILIES[self.family].factors
        if unknown := [name for name in self.held if name not in factors]:
            raise ValueError(
                f"held names {unknown[0]!r}, which the {self.family} rule does not read; allowed: {', '.join(factors)}"
            )
        return self


class SpikingStudy(StudySettings):
    """Settings of a study on a recurrent spiking network."""

    plasticity: SpikingPlasticity = Field(default_factory=SpikingPlasticity)
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    input: InputSettings
    recording: RecurrentRecordingSettings = Field(default_factory=RecurrentRecordingSettings)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "input", "recording", "protocol")

    def check_simulation(self, key: str) -> None:
        """Check that there are plastic synapses, and that the neurons have what the rules read.

        See `StudySettings.check_simulation`.
        """
        check_state(self.plasticity.family, self.network.neuron, key)
        for name, count in expected_synapses(self.network).items():
            if name in self.plasticity.synapse_types and count < FEWEST_SYNAPSES:
                raise ConfigurationError(
                    f"{key}.network: {count:.3g} synapses of the plastic type {name} are expected; allowed: at least "
                    f"{FEWEST_SYNAPSES}, that no trial be without; more neurons or a higher connection_probability"
                )


def check_state(family: str, neuron: Any, key: str) -> None:
    """Refuse rules that read state variables which the neuron model lacks.

    Raises:
        ConfigurationError: one line with the key and what is missing.
    """
    missing = SPIKING_FAMILIES[family].postsynaptic_state.keys() - neuron.build().initial_state.keys()
    if missing:
        raise ConfigurationError(
            f"{key}: plasticity.family = {family!r} reads {', '.join(sorted(missing))} of the postsynaptic neuron, "
            f"which network.neuron.model = {neuron.model!r} lacks; a model that has it: 'cvaif'"
        )


def check_window(scoring_time: float, bin: float, key: str) -> None:
    """Refuse a scored window in which no bin of the recorded rates ends.

    Raises:
        ConfigurationError: one line with the key and what is allowed.
    """
    if scoring_time < bin:
        raise ConfigurationError(
            f"{key}: protocol.scoring_time = {scoring_time:g} s is shorter than recording.bin = {bin:g} s; "
            "allowed: at least that"
        )


def groups(settings: SpikingStudy) -> dict[str, Group]:
    """Return the units of the network: E, I, all neurons, and the inputs."""
    excitatory, neurons = settings.network.excitatory, settings.network.excitatory + settings.network.inhibitory
    return {
        "E": Group("E", 0, excitatory),
        "I": Group("I", excitatory, neurons),
        "neurons": Group("neurons", 0, neurons),
        "input": Group("input", neurons, neurons + settings.input.sources),
    }


def expected_synapses(network: NetworkSettings) -> dict[str, float]:
    """Return the expected number of synapses of each type."""
    sizes = {"E": network.excitatory, "I": network.inhibitory}
    return {name: sizes[name[0]] * sizes[name[1]] * network.connection_probability for name in SYNAPSE_TYPES}


def size(settings: SpikingStudy) -> SpikingNetwork:
    """Return the expected size of the network."""
    network, inputs, plastic = settings.network, settings.input, settings.plasticity
    neurons, synapses = network.excitatory + network.inhibitory, expected_synapses(network)
    changing = sum(synapses[name] for name in plastic.synapse_types)
    recurrent, feedforward = sum(synapses.values()) - changing, inputs.sources * neurons * inputs.targets
    spikes = recurrent * PLANNED_RATE + feedforward * inputs.rate.mean
    return SpikingNetwork(
        neurons=neurons,
        inputs=inputs.sources,
        input_rate=inputs.rate.mean,
        plastic=changing,
        plastic_rate=PLANNED_RATE,
        static=recurrent + feedforward,
        static_rate=spikes / (recurrent + feedforward),
        effort=plasticity_effort(SPIKING_FAMILIES[plastic.family]),
    )


def build_network(settings: SpikingStudy, bounds: RateBounds) -> Network:
    """Return the network that all trials share."""
    units = groups(settings)
    return Network(
        neuron=settings.network.neuron.build(),
        populations=(units["E"], units["I"]),
        n_sources=settings.input.sources,
        family=settings.plasticity.rule_family,
        plastic=settings.plasticity.synapse_types,
        bounds=bounds,
    )


def recorded_neurons(settings: SpikingStudy) -> list[int]:
    """Return the ids of the neurons whose spike trains are kept: evenly spaced ones of each population."""
    units, wanted = groups(settings), settings.recording
    kept: list[int] = []
    for group, count in ((units["E"], wanted.excitatory), (units["I"], wanted.inhibitory)):
        kept += np.linspace(group.start, group.stop - 1, min(count, group.size)).astype(int).tolist()
    return kept


def recording(settings: SpikingStudy, keep_spikes: Sequence[int]) -> Recording:
    """Return what to record, with spike trains of the rules at these positions."""
    wanted = settings.recording
    return Recording(
        wanted.bin_steps,
        tuple(recorded_neurons(settings)),
        tuple(keep_spikes),
        wanted.synapses,
        wanted.weight_chunks,
        wanted.weight_chunks * wanted.statistics_every,
        wanted.spikes_in_windows,
    )


def run(
    settings: SpikingStudy,
    network: Network,
    trials: Sequence[Trial],
    rules: RuleTable,
    compute: Compute,
    trials_of: Sequence[Sequence[int]],
) -> list[list[Record]]:
    """Simulate rules in their trials; see `engine.simulation.simulate`.

    Args:
        trials_of: [rule] positions in `trials` of the trials of each rule.
    """
    by_type = settings.rule_space.as_simulated(rules.theta)
    starts = [[start] * len(own) for start, own in zip(_starts(rules), trials_of, strict=True)]
    return simulate(network, trials, by_type, recording(settings, rules.kept), compute, trials_of, starts)


def _starts(rules: RuleTable) -> list[Start]:
    """Return the start of the networks of each rule: the weights of frozen types, else as their trials say."""
    if not rules.frozen_weight:
        return [None] * len(rules)
    weights = rules.frozen_weight.items()
    return [InitialWeights({name: float(values[k]) for name, values in weights}) for k in range(len(rules))]
