"""Figure: the effect of the best learned rule on one synapse under the classical protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from synapseek_core.figures.figure import DOUBLE_COLUMN, SYNAPSE_COLOURS, Figure, panel_label
from synapseek_core.pipeline.results import Data, fitness_of, rules_of
from synapseek_core.plasticity.family import PlasticityFamily
from synapseek_core.search.distribution import best_rule
from synapseek_core.theory.synapse import Events, pairings, poisson_spikes, weight_change

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.spiking import SpikingStudy

LAGS = np.concatenate([np.linspace(-0.1, -0.0005, 60), np.linspace(0.0005, 0.1, 60)])
FREQUENCIES = np.array([0.1, 1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0])
RATES = np.array([1.0, 2.0, 5.0, 10.0, 20.0, 40.0])
POISSON_SECONDS, POISSON_REPEATS = 10.0, 20
VOLTAGES = np.linspace(-0.080, -0.040, 41)
PAIRS = 60


def plot(settings: SpikingStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw a row of panels for each plastic synapse type."""
    space, learned = settings.rule_space, data[rules_of("learned")]
    best = best_rule(learned, data[fitness_of("learned")])
    theta = space.by_synapse_type(learned["theta"].sel(rule=best).values)
    types = settings.plasticity.synapse_types
    figure, panels = plt.subplots(len(types), 4, figsize=(DOUBLE_COLUMN, 1.9 * len(types)), squeeze=False)
    for kind, rule, row in zip(types, theta, panels, strict=True):
        weight = typical_weight(data[fitness_of("learned")], best, kind)
        colour = SYNAPSE_COLOURS[kind]
        _lags(row[0], settings.plasticity.rule_family, rule, weight, colour)
        _frequencies(row[1], settings.plasticity.rule_family, rule, weight, colour)
        _rates(row[2], settings.plasticity.rule_family, rule, weight)
        _clamped(row[3], settings.plasticity.rule_family, rule, weight, colour)
        row[0].set_ylabel(f"{kind}: $\\Delta w / \\eta$")
    for letter, axes in zip("abcd", panels[0], strict=True):
        panel_label(axes, letter)
    return figure


def typical_weight(fitness: Any, rule: str, kind: str) -> float:
    """Return the mean final weight of a synapse type under a rule, at which rules that read the weight are shown."""
    return float(fitness["final_weight_mean"].sel(rule=rule, synapse_type=kind).mean())


def _lags(axes: plt.Axes, family: PlasticityFamily, rule: np.ndarray, weight: float, colour: str) -> None:
    change = weight_change(family, rule, pairings(LAGS, np.ones(len(LAGS)), 1), weight)
    # Each half is drawn on its own: at lag 0 the window jumps.
    for half in (LAGS < 0, LAGS > 0):
        axes.plot(LAGS[half] * 1e3, change[half], color=colour)
    _zero(axes)
    axes.axvline(0, color="0.7", lw=0.5, zorder=0)
    axes.set(title="one pair", xlabel=r"$t_\mathrm{post} - t_\mathrm{pre}$ (ms)")


def _frequencies(axes: plt.Axes, family: PlasticityFamily, rule: np.ndarray, weight: float, colour: str) -> None:
    for lag, style in ((0.010, "o-"), (-0.010, "s--")):
        lags = np.full(len(FREQUENCIES), lag)
        change = weight_change(family, rule, pairings(lags, FREQUENCIES, PAIRS), weight)
        axes.plot(FREQUENCIES, change, style, color=colour, ms=2.5, label=f"{lag * 1e3:+.0f} ms")
    _zero(axes)
    axes.set(title=f"{PAIRS} pairs", xlabel="Pairs per second (Hz)")
    axes.legend()


def _rates(axes: plt.Axes, family: PlasticityFamily, rule: np.ndarray, weight: float) -> None:
    pre, post = (grid.ravel() for grid in np.meshgrid(RATES, RATES))
    events = poisson_spikes(
        np.repeat(pre, POISSON_REPEATS), np.repeat(post, POISSON_REPEATS), POISSON_SECONDS, np.random.default_rng(0)
    )
    change = weight_change(family, rule, events, weight).reshape(len(pre), -1).mean(axis=1) / POISSON_SECONDS
    values = change.reshape(len(RATES), -1)
    limit = float(np.abs(values[np.isfinite(values)]).max(initial=1e-12))
    image = axes.imshow(values, origin="lower", cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    ticks = [f"{rate:g}" for rate in RATES]
    axes.set_xticks(range(len(RATES)), ticks)
    axes.set_yticks(range(len(RATES)), ticks)
    axes.set(title="Poisson spikes", xlabel="Presynaptic (Hz)", ylabel="Postsynaptic (Hz)")
    bar = plt.colorbar(image, ax=axes, pad=0.03)
    bar.set_label(r"$\Delta w / \eta$ (s$^{-1}$)")
    bar.outline.set_linewidth(0.4)


def _clamped(axes: plt.Axes, family: PlasticityFamily, rule: np.ndarray, weight: float, colour: str) -> None:
    """Draw the change at one spike of either side at a clamped voltage.

    For rules that do not read the voltage it is drawn at different weights.
    """
    reads_voltage = "voltage" in family.postsynaptic_state
    values = VOLTAGES if reads_voltage else np.linspace(0.0, 2 * max(weight, 1e-3), 41)
    for side, style in (("pre", "-"), ("post", "--")):
        alone = np.ones((1, len(values)), bool)
        events = Events(np.zeros((1, len(values))), alone & (side == "pre"), alone & (side == "post"))
        if reads_voltage:
            change = weight_change(family, rule, events, weight, {"voltage": values})
        else:
            change = weight_change(family, rule, events, values)
        axes.plot(values * (1e3 if reads_voltage else 1), change, style, color=colour, label=f"{side}synaptic spike")
    _zero(axes)
    axes.set(title="one spike", xlabel="Voltage, clamped (mV)" if reads_voltage else r"Weight ($g_\mathrm{leak}$)")
    axes.legend()


def _zero(axes: plt.Axes) -> None:
    axes.axhline(0, color="0.7", lw=0.5, zorder=0)


CAPTION = (
    "Effect of the best learned rule on one synapse (weight change over the learning rate, which is small; at the mean "
    "final weight; the neuron's state at rest unless clamped). **a** One pair of spikes against their lag. **b** 60 "
    "pairs at 10 ms of either order against their frequency. **c** Drift under independent Poisson spikes of both "
    "sides. **d** One spike of either side against the low-passed voltage, or against the weight where the rule does "
    "not read voltage."
)

FIGURE = Figure((rules_of("learned"), fitness_of("learned")), plot, CAPTION)
