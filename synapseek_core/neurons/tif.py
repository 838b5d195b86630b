"""TIF: leaky integrate-and-fire neuron with AMPA and GABA conductances and an absolute refractory period.

    tau_mem dv/dt = (e_rest - v) - g_ampa (v - 0) - g_gaba (v - e_gaba),   spike and reset to e_rest at v > threshold

Forward Euler; conductances decay after the membrane has used them, during refractoriness too.
Source: Auryn's TIFGroup (Zenke and Gerstner, Front Neuroinform 8:76, 2014) with the settings of Confavreux et al.,
PLoS Comput Biol 21(4) e1012910, 2025.
"""

from __future__ import annotations

from typing import Literal

from synapseek_core.arithmetic import maximum, select
from synapseek_core.neurons.base import NeuronBase
from synapseek_core.neurons.model import TIME_STEP, NeuronModel, decay
from synapseek_core.quantities import C25, quantity


class TIFSettings(NeuronBase):
    """Constants of the TIF neuron."""

    model: Literal["tif"] = "tif"
    e_rest: float = quantity(-0.060, "V", "resting and reset potential", C25)
    threshold: float = quantity(-0.050, "V", "spike threshold", C25)
    e_gaba: float = quantity(-0.080, "V", "reversal potential of inhibition", C25)
    tau_mem: float = quantity(0.020, "s", "membrane time constant", C25, gt=0)
    tau_ampa: float = quantity(0.005, "s", "decay time constant of the AMPA conductance", C25, gt=0)
    tau_gaba: float = quantity(0.010, "s", "decay time constant of the GABA conductance", C25, gt=0)
    refractory_period: float = quantity(0.005, "s", "absolute refractory period", C25, ge=0)

    def build(self) -> NeuronModel:
        """Return the neuron model with these constants."""
        return NeuronModel(
            name="tif",
            source="Auryn TIFGroup; Confavreux et al. 2025",
            initial_state={"v": self.e_rest, "g_ampa": 0.0, "g_gaba": 0.0, "refractory": 0.0},
            constants={
                "e_rest": self.e_rest,
                "threshold": self.threshold,
                "e_gaba": self.e_gaba,
                "membrane_step": TIME_STEP / self.tau_mem,
                "ampa_decay": decay(self.tau_ampa),
                "gaba_decay": decay(self.tau_gaba),
                "refractory_steps": round(self.refractory_period / TIME_STEP),
            },
            advance=advance,
            dead_time=self.refractory_period,
        )


def advance(
    v,
    g_ampa,
    g_gaba,
    refractory,
    e_rest,
    threshold,
    e_gaba,
    membrane_step,
    ampa_decay,
    gaba_decay,
    refractory_steps,
):
    """Return the state after one time step, and whether the neuron spikes.

    Potentials are in V, conductances in leak conductances; `refractory` counts the remaining steps.
    """
    current = (e_rest - v) - g_ampa * v - g_gaba * (v - e_gaba)
    free = refractory <= 0
    v = select(free, v + membrane_step * current, e_rest)
    spike = free & (v > threshold)
    v = select(spike, e_rest, v)
    refractory = select(spike, refractory_steps, maximum(refractory - 1, 0))
    return v, g_ampa * ampa_decay, g_gaba * gaba_decay, refractory, spike
