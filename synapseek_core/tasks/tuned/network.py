"""The network of the tuned-inhibition task: neurons with tuned excitation and plastic inhibition, inputs in groups.

With d the distance (on the ring of signals) of an input's signal from the one that a neuron prefers, excitatory
weights are w_E (0.3 + 1.1 / (1 + d^4) + noise), the noise uniform in [0, 0.1].
Source: Vogels et al., Science 2011 (supplement, section 6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field, model_validator

from synapseek_core.engine.connectivity import all_to_all, projection
from synapseek_core.engine.inputs import SignalSource, SlowSignals
from synapseek_core.engine.network import Group, Plasticity, Projection, Trial
from synapseek_core.neurons.settings import NeuronSettings, default_neuron
from synapseek_core.quantities import CHOICE, V11, Distribution, Settings, fixed, quantity
from synapseek_core.seeds import Trials


class TuningSettings(Settings):
    """Settings of the excitatory weights: w_E (floor + peak / (1 + d^exponent) + noise), d from the preferred
    signal.
    """

    weight: float = quantity(0.014, "1", "w_E, in leak conductances", V11, gt=0)
    floor: float = quantity(0.3, "1", "far from the preferred signal", V11, ge=0)
    peak: float = quantity(1.1, "1", "added at the preferred signal", V11, ge=0)
    exponent: float = quantity(4.0, "1", "of the distance; a smaller one broadens the tuning", V11, gt=0)
    noise: float = quantity(0.1, "1", "upper end of the uniform noise of each weight", V11, ge=0)


class TunedNetworkSettings(Settings):
    """Settings of neurons without connections among them, each with tuned excitation and plastic inhibition."""

    neuron: NeuronSettings = Field(default_factory=default_neuron)
    neurons: int = quantity(
        8, "1", "number of neurons, each a repetition of the published one that prefers the next signal", CHOICE, ge=1
    )
    tuning: TuningSettings = Field(default_factory=TuningSettings)
    inhibitory_weight: Distribution = quantity(
        fixed(0.0035), "1", "initial weight of inhibitory synapses, in leak conductances", V11
    )
    maximum_weight: Distribution = quantity(
        fixed(0.5), "1", "upper bound of inhibitory weights, in leak conductances", CHOICE
    )
    learning_rate: float = quantity(
        5e-4, "1", "eta, multiplies every weight change; 3.5e-5 in the original, which learns for minutes", CHOICE, ge=0
    )


class SignalInputSettings(Settings):
    """Settings of Poisson inputs in groups that follow slow signals: rate = background + modulation max(0, z)."""

    signals: int = quantity(8, "1", "number of signals, and of groups of inputs", V11, ge=2)
    excitatory: int = quantity(800, "1", "number of excitatory inputs, a multiple of `signals`", V11, ge=2)
    inhibitory: int = quantity(200, "1", "number of inhibitory inputs, a multiple of `signals`", V11, ge=2)
    background: Distribution = quantity(fixed(5.0), "Hz", "lowest rate of an input", V11)
    modulation: Distribution = quantity(
        fixed(80.0),
        "Hz",
        "rate at one standard deviation of the signal, above background; 152 Hz in the original, whose inputs are "
        "refractory for 5 ms, which brings their mean rate down to 37 Hz, as here",
        CHOICE,
    )
    time_constant: float = quantity(0.050, "s", "correlation time of the signals", V11, gt=0)

    @model_validator(mode="after")
    def _whole_groups(self) -> SignalInputSettings:
        for name in ("excitatory", "inhibitory"):
            if getattr(self, name) % self.signals:
                raise ValueError(f"{name} = {getattr(self, name)} must be a multiple of signals = {self.signals}")
        return self


@dataclass(frozen=True)
class TunedNetwork:
    """The network of one trial: the same for every rule.

    Attributes:
        network, inputs: settings.
        trials, trial: whose random stream it is.
    """

    network: TunedNetworkSettings
    inputs: SignalInputSettings
    trials: Trials
    trial: int

    @property
    def units(self) -> dict[str, Group]:
        """Groups of units: the neurons E, then the excitatory and the inhibitory inputs."""
        return units(self.network, self.inputs)

    def nuisance(self) -> dict[str, float]:
        """Draw background and modulation (Hz), initial and maximum inhibitory weight, in this order."""
        draw = self.trials.generator(self.trial, "nuisance")
        laws = {
            "background_rate": self.inputs.background,
            "modulation_rate": self.inputs.modulation,
            "weight_IE": self.network.inhibitory_weight,
            "maximum_weight_IE": self.network.maximum_weight,
        }
        return {name: law.sample(draw) for name, law in laws.items()}

    def signals(self) -> SlowSignals:
        """Return the slow signals that the inputs follow."""
        drawn = self.nuisance()
        rates = drawn["background_rate"], drawn["modulation_rate"], self.inputs.time_constant
        return SlowSignals(self.inputs.signals, *rates, self.trials, self.trial)

    def excitatory_weights(self) -> np.ndarray:
        """Draw the fixed excitatory weights (neuron, input) in leak conductances; inputs are ordered by signal."""
        tuning, count = self.network.tuning, self.inputs.excitatory
        distance = np.abs(self._distance_from_preferred()).astype(float)
        profile = tuning.floor + tuning.peak / (1 + distance**tuning.exponent)
        noise = self.trials.generator(self.trial, "connectivity").random((self.network.neurons, count))
        return tuning.weight * (np.repeat(profile, count // self.inputs.signals, axis=1) + tuning.noise * noise)

    @property
    def signal_distance(self) -> np.ndarray:
        """Signed distances (signal_distance,) on the ring of signals from a preferred one."""
        return np.arange(self.inputs.signals) - self.inputs.signals // 2

    def _distance_from_preferred(self) -> np.ndarray:
        """Return the signed distance (neuron, signal) of each signal from the preferred one; k for neuron k."""
        signals, half = self.inputs.signals, self.inputs.signals // 2
        return (np.arange(signals) - np.arange(self.network.neurons)[:, None] + half) % signals - half

    def tuning(self, weights: np.ndarray) -> np.ndarray:
        """Return the mean weight (..., neuron, signal_distance) of the inputs (..., neuron, input) of each signal."""
        of_signal = weights.reshape(*weights.shape[:-1], self.inputs.signals, -1).mean(-1)
        order = np.argsort(self._distance_from_preferred(), axis=1)
        return of_signal[..., np.arange(self.network.neurons)[:, None], order]

    def build(self, window: tuple[int, int]) -> Trial:
        """Return the trial, which ends with its scored window (first, last + 1 time step)."""
        source, sizes = self.units, []
        for name in ("excitation", "I"):
            sizes.append([source[name].size // self.inputs.signals] * self.inputs.signals)
        spikes = SignalSource(np.array(sizes), self.signals())
        return Trial((self._inhibition(), *self._excitation()), spikes, window[1], (window,))

    def _inhibition(self) -> Projection:
        drawn, pre, post = self.nuisance(), self.units["I"], self.units["E"]
        plasticity = Plasticity(self.network.learning_rate, drawn["maximum_weight_IE"])
        return projection("IE", pre, post, "gaba", all_to_all(pre, post), drawn["weight_IE"], plasticity)

    def _excitation(self) -> list[Projection]:
        """Return one projection for each neuron, since a projection has one weight for each presynaptic unit."""
        pre, projections = self.units["excitation"], []
        for neuron, weights in enumerate(self.excitatory_weights()):
            post = Group(f"E{neuron}", neuron, neuron + 1)
            projections.append(projection(f"excitation_{neuron}", pre, post, "ampa", all_to_all(pre, post), weights))
        return projections


def units(network: TunedNetworkSettings, inputs: SignalInputSettings) -> dict[str, Group]:
    """Return the groups of units: the neurons E, then the excitatory and the inhibitory inputs."""
    first, second = network.neurons, network.neurons + inputs.excitatory
    return {
        "E": Group("E", 0, first),
        "excitation": Group("excitation", first, second),
        "I": Group("I", second, second + inputs.inhibitory),
    }
