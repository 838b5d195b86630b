"""CVAIF: the IF neuron with spike-triggered adaptation, and with traces that plasticity rules may read.

    tau_mem dv/dt = (e_rest - v) + I_exc - I_inh
    I_exc = -(A g_ampa + N g_nmda) v,   I_inh = (v - e_gaba) (g_gaba + g_adaptation),   A / N = ampa_nmda_ratio

A + N = 1. The adaptation conductance jumps at every spike of the neuron. The rules read v, I_exc and I_inh low-passed
with time constants of their own; `I_inh` holds the adaptation current. Threshold as in the IF neuron. Forward Euler;
unlike in the IF neuron conductances decay before the membrane uses them, and NMDA takes plain Euler steps.
Source: Confavreux et al., NeurIPS 2023 and PLoS Comput Biol 21(4) e1012910, 2025 (program `CVAIFGroup`).
"""

from __future__ import annotations

from typing import Literal

from synapseek_core.arithmetic import maximum, minimum, select
from synapseek_core.neurons.if_nmda import MovingThresholdSettings
from synapseek_core.neurons.model import TIME_STEP, NeuronModel, decay
from synapseek_core.quantities import C25, quantity


class CVAIFSettings(MovingThresholdSettings):
    """Constants of the CVAIF neuron."""

    model: Literal["cvaif"] = "cvaif"
    tau_adaptation: float = quantity(0.100, "s", "decay time constant of the adaptation conductance", C25, gt=0)
    adaptation_jump: float = quantity(0.1, "1", "jump of the adaptation conductance at a spike", C25, ge=0)
    tau_voltage: float = quantity(0.100, "s", "time constant of the low-passed membrane potential", C25, gt=0)
    tau_excitatory: float = quantity(0.010, "s", "time constant of the low-passed excitatory current", C25, gt=0)
    tau_inhibitory: float = quantity(0.100, "s", "time constant of the low-passed inhibitory current", C25, gt=0)

    def build(self) -> NeuronModel:
        """Return the neuron model with these constants."""
        return NeuronModel(
            name="cvaif",
            source="Confavreux et al. 2025",
            initial_state={
                "v": self.e_rest,
                "g_ampa": 0.0,
                "g_gaba": 0.0,
                "g_nmda": 0.0,
                "g_adaptation": 0.0,
                "shift": 0.0,
                "voltage": self.e_rest,
                "excitatory_current": 0.0,
                "inhibitory_current": 0.0,
            },
            constants={
                **self.constants,
                "nmda_step": TIME_STEP / self.tau_nmda,
                "adaptation_decay": decay(self.tau_adaptation),
                "adaptation_jump": self.adaptation_jump,
                "voltage_step": TIME_STEP / self.tau_voltage,
                "excitatory_step": TIME_STEP / self.tau_excitatory,
                "inhibitory_step": TIME_STEP / self.tau_inhibitory,
            },
            advance=advance,
            dead_time=self.dead_time,
        )


def low_pass(trace, value, step):
    """Return a trace after one Euler step towards a value, in the two parts that the published program takes."""
    trace = trace + step * value
    return trace - step * trace


def advance(
    v,
    g_ampa,
    g_gaba,
    g_nmda,
    g_adaptation,
    shift,
    voltage,
    excitatory_current,
    inhibitory_current,
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
    adaptation_decay,
    adaptation_jump,
    voltage_step,
    excitatory_step,
    inhibitory_step,
):
    """Return the state after one time step, and whether the neuron spikes.

    Potentials and currents (times the resistance) are in V, conductances in leak conductances.
    """
    g_ampa = g_ampa * ampa_decay
    g_gaba = g_gaba * gaba_decay
    g_adaptation = g_adaptation * adaptation_decay
    g_nmda = low_pass(g_nmda, g_ampa, nmda_step)
    excitation = -(ampa_share * g_ampa + nmda_share * g_nmda) * v
    inhibition = (v - e_gaba) * (g_gaba + g_adaptation)
    excitatory_current = low_pass(excitatory_current, excitation, excitatory_step)
    inhibitory_current = low_pass(inhibitory_current, inhibition, inhibitory_step)
    voltage = low_pass(voltage, v, voltage_step)
    shift = shift * shift_decay
    v = v + membrane_step * (excitation - inhibition - (v - e_rest))
    v = minimum(maximum(v, e_gaba), 0)
    spike = v > threshold + shift
    v = select(spike, e_rest, v)
    shift = select(spike, threshold_jump, shift)
    g_adaptation = select(spike, g_adaptation + adaptation_jump, g_adaptation)
    return v, g_ampa, g_gaba, g_nmda, g_adaptation, shift, voltage, excitatory_current, inhibitory_current, spike
