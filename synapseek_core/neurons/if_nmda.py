"""IF: integrate-and-fire neuron with AMPA, NMDA and GABA conductances and a moving threshold.

    tau_mem dv/dt = (e_rest - v) - (A g_ampa + N g_nmda) (v - 0) - g_gaba (v - e_gaba),   A / N = ampa_nmda_ratio

with A + N = 1. The NMDA conductance is the AMPA conductance, low-passed. A spike at v > threshold + shift resets v to
e_rest and sets the shift, which decays with tau_threshold: the neuron cannot fire again before threshold + shift < 0.
Forward Euler; v stays between e_gaba and 0.
Source: Auryn's IFGroup (Zenke and Gerstner, Front Neuroinform 8:76, 2014) with the settings of Confavreux et al.,
NeurIPS 2023.
"""

from __future__ import annotations

import math
from typing import Literal

from synapseek_core.arithmetic import maximum, minimum, select
from synapseek_core.neurons.base import NeuronBase
from synapseek_core.neurons.model import TIME_STEP, NeuronModel, decay
from synapseek_core.quantities import C23, quantity


class MovingThresholdSettings(NeuronBase):
    """Constants of a neuron with AMPA, NMDA and GABA conductances and a moving threshold."""

    e_rest: float = quantity(-0.070, "V", "resting and reset potential", C23)
    threshold: float = quantity(-0.050, "V", "spike threshold at rest", C23)
    threshold_jump: float = quantity(0.100, "V", "shift of the threshold at a spike", C23, ge=0)
    e_gaba: float = quantity(-0.080, "V", "reversal potential of inhibition", C23)
    tau_mem: float = quantity(0.020, "s", "membrane time constant", C23, gt=0)
    tau_threshold: float = quantity(0.005, "s", "decay time constant of the threshold's shift", C23, gt=0)
    tau_ampa: float = quantity(0.005, "s", "decay time constant of the AMPA conductance", C23, gt=0)
    tau_nmda: float = quantity(0.100, "s", "time constant of the NMDA conductance", C23, gt=0)
    tau_gaba: float = quantity(0.010, "s", "decay time constant of the GABA conductance", C23, gt=0)
    ampa_nmda_ratio: float = quantity(0.3, "1", "ratio of the AMPA to the NMDA share of excitation", C23, gt=0)

    @property
    def constants(self) -> dict[str, float]:
        """Constants of `advance` that all such neurons have; NMDA is integrated differently in each."""
        ratio = self.ampa_nmda_ratio
        return {
            "e_rest": self.e_rest,
            "threshold": self.threshold,
            "threshold_jump": self.threshold_jump,
            "e_gaba": self.e_gaba,
            "membrane_step": TIME_STEP / self.tau_mem,
            "shift_decay": decay(self.tau_threshold),
            "ampa_decay": decay(self.tau_ampa),
            "gaba_decay": decay(self.tau_gaba),
            "ampa_share": ratio / (1 + ratio),
            "nmda_share": 1 / (1 + ratio),
        }

    @property
    def dead_time(self) -> float:
        """Time in s until the threshold has decayed to 0, above which v cannot be."""
        if self.threshold >= 0 or self.threshold_jump <= -self.threshold:
            return 0.0
        return self.tau_threshold * math.log(self.threshold_jump / -self.threshold)


class IFSettings(MovingThresholdSettings):
    """Constants of the IF neuron."""

    model: Literal["if"] = "if"

    def build(self) -> NeuronModel:
        """Return the neuron model with these constants."""
        return NeuronModel(
            name="if",
            source="Auryn IFGroup; Confavreux et al. 2023",
            initial_state={"v": self.e_rest, "g_ampa": 0.0, "g_gaba": 0.0, "g_nmda": 0.0, "shift": 0.0},
            constants={
                **self.constants,
                "nmda_step": 1 - decay(self.tau_nmda),
            },
            advance=advance,
            dead_time=self.dead_time,
        )


def advance(
    v,
    g_ampa,
    g_gaba,
    g_nmda,
    shift,
    e_rest,
    threshold,
    threshold_jump,
    e_gaba,
    membrane_step,
    shift_decay,
    ampa_decay,
    nmda_step,
    gaba_decay,
    ampa_share,
    nmda_share,
):
    """Return the state after one time step, and whether the neuron spikes.

    Potentials are in V, conductances in leak conductances, `shift` of the threshold in V.
    """
    excitation = -(ampa_share * g_ampa + nmda_share * g_nmda) * v
    inhibition = (v - e_gaba) * g_gaba
    g_nmda = g_nmda + nmda_step * g_ampa
    g_nmda = g_nmda - nmda_step * g_nmda
    shift = shift * shift_decay
    v = v + membrane_step * (excitation - inhibition - (v - e_rest))
    v = minimum(maximum(v, e_gaba), 0)
    spike = v > threshold + shift
    v = select(spike, e_rest, v)
    shift = select(spike, threshold_jump, shift)
    return v, g_ampa * ampa_decay, g_gaba * gaba_decay, g_nmda, shift, spike
