"""The factored polynomial: rules that read the weight, the postsynaptic voltage and currents, and traces of two speeds.

    at a presynaptic spike
        dw = p0 W_pre (1 + p4 V) (1 + E (p5 + p6 E)) (1 + p7 I) (1 + p8 X) (1 + p9 Y)
    at a postsynaptic spike
        dw = p10 W_post (1 + p14 V) (1 + E (p15 + p16 E)) (1 + p17 I) (1 + p18 X) (1 + Z (p19 + p20 Z^2))

    W_pre = 1 + p1 + w (p2 + p3 w),   W_post = 1 + p11 + w (p12 + p13 w)

V, E, I: 15 times the low-passed voltage (V), excitatory and inhibitory current (V). X: twice the presynaptic trace (100
ms at presynaptic, 20 ms at postsynaptic spikes), Y, Z: twice the postsynaptic trace (20 ms, 100 ms). The program that
the published rules were learned with had an error: W_post = 1 + p11 + p12 p13 w^2. `polynomial_published` has it too.
Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (program `T4wvceciPolConnection`).
"""

from __future__ import annotations

from collections.abc import Callable

from synapseek_core.plasticity.family import Parameter, PlasticityFamily


def on_pre(
    weight,
    slow_presynaptic_trace,
    fast_postsynaptic_trace,
    voltage,
    excitatory_current,
    inhibitory_current,
    pre_scale,
    pre_offset,
    pre_weight,
    pre_weight_squared,
    pre_voltage,
    pre_excitatory,
    pre_excitatory_squared,
    pre_inhibitory,
    pre_presynaptic,
    pre_postsynaptic,
):
    """Return the weight change over eta at a presynaptic arrival."""
    excitation = 15 * excitatory_current
    factors = 1 + pre_offset + weight * (pre_weight + pre_weight_squared * weight)
    factors = factors * (1 + pre_voltage * 15 * voltage)
    factors = factors * (1 + excitation * (pre_excitatory + pre_excitatory_squared * excitation))
    factors = factors * (1 + pre_inhibitory * 15 * inhibitory_current)
    factors = factors * (1 + pre_presynaptic * 2 * slow_presynaptic_trace)
    return pre_scale * factors * (1 + pre_postsynaptic * 2 * fast_postsynaptic_trace)


def state_factor(
    fast_presynaptic_trace,
    slow_postsynaptic_trace,
    voltage,
    excitatory_current,
    inhibitory_current,
    post_voltage,
    post_excitatory,
    post_excitatory_squared,
    post_inhibitory,
    post_presynaptic,
    post_postsynaptic,
    post_postsynaptic_cubed,
):
    """Return the product of the factors at a postsynaptic spike that do not read the weight."""
    excitation = 15 * excitatory_current
    trace = 2 * slow_postsynaptic_trace
    factors = 1 + post_voltage * 15 * voltage
    factors = factors * (1 + excitation * (post_excitatory + post_excitatory_squared * excitation))
    factors = factors * (1 + post_inhibitory * 15 * inhibitory_current)
    factors = factors * (1 + post_presynaptic * 2 * fast_presynaptic_trace)
    return factors * (1 + trace * (post_postsynaptic + post_postsynaptic_cubed * trace**2))


def on_post(
    weight,
    fast_presynaptic_trace,
    slow_postsynaptic_trace,
    voltage,
    excitatory_current,
    inhibitory_current,
    post_scale,
    post_offset,
    post_weight,
    post_weight_squared,
    post_voltage,
    post_excitatory,
    post_excitatory_squared,
    post_inhibitory,
    post_presynaptic,
    post_postsynaptic,
    post_postsynaptic_cubed,
):
    """Return the weight change over eta at a postsynaptic spike."""
    factors = 1 + post_offset + weight * (post_weight + post_weight_squared * weight)
    return (
        post_scale
        * factors
        * state_factor(
            fast_presynaptic_trace,
            slow_postsynaptic_trace,
            voltage,
            excitatory_current,
            inhibitory_current,
            post_voltage,
            post_excitatory,
            post_excitatory_squared,
            post_inhibitory,
            post_presynaptic,
            post_postsynaptic,
            post_postsynaptic_cubed,
        )
    )


def on_post_published(
    weight,
    fast_presynaptic_trace,
    slow_postsynaptic_trace,
    voltage,
    excitatory_current,
    inhibitory_current,
    post_scale,
    post_offset,
    post_weight,
    post_weight_squared,
    post_voltage,
    post_excitatory,
    post_excitatory_squared,
    post_inhibitory,
    post_presynaptic,
    post_postsynaptic,
    post_postsynaptic_cubed,
):
    """Return the weight change over eta at a postsynaptic spike with the error of the published program."""
    factors = 1 + post_offset + weight * (post_weight * post_weight_squared * weight)
    return (
        post_scale
        * factors
        * state_factor(
            fast_presynaptic_trace,
            slow_postsynaptic_trace,
            voltage,
            excitatory_current,
            inhibitory_current,
            post_voltage,
            post_excitatory,
            post_excitatory_squared,
            post_inhibitory,
            post_presynaptic,
            post_postsynaptic,
            post_postsynaptic_cubed,
        )
    )


def _side(side: str) -> tuple[Parameter, ...]:
    """Return the parameters of the change at a spike of one side, in the published order."""
    at = f"at a {side}synaptic spike"
    parameters = [
        (f"{side}_scale", "1", f"weight change {at}, all other factors being 1"),
        (f"{side}_offset", "1", f"constant of the weight's factor {at}"),
        (f"{side}_weight", "1", f"weight's coefficient {at}"),
        (f"{side}_weight_squared", "1", f"squared weight's coefficient {at}"),
        (f"{side}_voltage", "V-1", f"coefficient {at} of 15 times the low-passed membrane potential"),
        (f"{side}_excitatory", "V-1", f"coefficient {at} of 15 times the low-passed excitatory current"),
        (f"{side}_excitatory_squared", "V-2", f"coefficient {at} of that current squared"),
        (f"{side}_inhibitory", "V-1", f"coefficient {at} of 15 times the low-passed inhibitory current"),
        (f"{side}_presynaptic", "1", f"coefficient {at} of twice the presynaptic trace"),
        (f"{side}_postsynaptic", "1", f"coefficient {at} of twice the postsynaptic trace"),
    ]
    return tuple(Parameter(*one) for one in parameters)


PARAMETERS = (
    *_side("pre"),
    *_side("post"),
    Parameter("post_postsynaptic_cubed", "1", "coefficient at a postsynaptic spike of that trace's cube"),
)

REST = {"voltage": -0.070, "excitatory_current": 0.0, "inhibitory_current": 0.0}
"""State of a CVAIF neuron at rest, in V."""


def _family(name: str, at_post: Callable[..., float]) -> PlasticityFamily:
    return PlasticityFamily(
        name=name,
        source="Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025",
        parameters=PARAMETERS,
        presynaptic_traces={"fast_presynaptic_trace": 0.020, "slow_presynaptic_trace": 0.100},
        postsynaptic_traces={"fast_postsynaptic_trace": 0.020, "slow_postsynaptic_trace": 0.100},
        on_pre=on_pre,
        on_post=at_post,
        postsynaptic_state=REST,
        effort=1.5,
    )


POLYNOMIAL = _family("polynomial", on_post)
POLYNOMIAL_PUBLISHED = _family("polynomial_published", on_post_published)
