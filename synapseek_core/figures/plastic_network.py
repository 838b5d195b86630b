"""Figure: what a network with plastic weights learned, how it detects repeats, and which parameters the loss pins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from scipy.special import logit

from synapseek_core.figures.figure import (
    DOUBLE_COLUMN,
    LEARNED_COLOURS,
    Figure,
    block_label,
    panel_label,
    rule_label,
    search_colours,
    search_label,
)
from synapseek_core.pipeline.results import Data, activity_of, analysis_of, rules_of

if TYPE_CHECKING:
    from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy

SHOWN = 40
"""Steps of the stream that are drawn."""

NEW, REPEATED = "0.35", "#D55E00"


def plot(settings: ContinualFamiliarityStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw weights and activity of the best network and its two drives above; below, what the loss pins."""
    result = data[analysis_of("degeneracy")]
    best = str(result["best_rule"].values)
    activity = next(batch for batch in data[activity_of("learned")] if best in batch["rule"].values).sel(rule=best)
    block = settings.build_network().split(data[rules_of("learned")]["theta"].sel(rule=best).values)
    figure, axes = plt.subplots(2, 3, figsize=(DOUBLE_COLUMN, 4.5))
    label = rule_label(data[rules_of("learned")], best)
    _weights(axes[0, 0], block["w1"] / np.sqrt(settings.network.inputs), label)
    _activity(axes[0, 1], activity)
    _drives(axes[0, 2], activity, block, settings)
    _plane(axes[1, 0], result, settings)
    _perturbations(axes[1, 1], result, settings)
    _networks(axes[1, 2], result, settings)
    for letter, panel in zip("abcdef", axes.ravel(), strict=True):
        panel_label(panel, letter)
    return figure


def _weights(axes: plt.Axes, weights: np.ndarray, label: str) -> None:
    largest = np.abs(weights).max()
    image = axes.imshow(weights, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto", interpolation="nearest")
    bar = plt.colorbar(image, ax=axes, pad=0.03)
    bar.outline.set_linewidth(0.4)
    axes.set(xlabel="Input", ylabel="Hidden unit", title=f"static weights, {label}")
    axes.spines[:].set_visible(False)


def _activity(axes: plt.Axes, activity: xr.Dataset) -> None:
    """Draw the hidden activity over the last steps of a stream; repeats are marked above."""
    last = activity.isel(shown_step=slice(-SHOWN, None))
    image = axes.imshow(
        last["shown_hidden"].T,
        cmap="Greys",
        vmin=0,
        vmax=1,
        aspect="auto",
        extent=(0, SHOWN, 0, activity.sizes["unit"]),
    )
    bar = plt.colorbar(image, ax=axes, pad=0.03)
    bar.outline.set_linewidth(0.4)
    repeated = activity["repeated"].isel(trial=0).sel(step=last["shown_step"].values).values.astype(bool)
    places = np.flatnonzero(repeated) + 0.5
    axes.plot(places, np.full(len(places), 1.03), "v", color=REPEATED, ms=3, clip_on=False,
              transform=axes.get_xaxis_transform())  # fmt: skip
    axes.set(xlabel="Step", ylabel="Hidden unit")
    axes.set_title("activity (triangles: repeats)", pad=10)


def _drives(
    axes: plt.Axes, activity: xr.Dataset, block: Mapping[str, np.ndarray], settings: ContinualFamiliarityStudy
) -> None:
    """Draw the distribution, over units and steps, of the summed drive by static and by plastic weights."""
    static = activity["shown_pattern"].values @ block["w1"].T / np.sqrt(settings.network.inputs) + block["b1"]
    hidden = activity["shown_hidden"].values.astype(float)
    plastic = logit(np.clip(hidden, 1e-7, 1 - 1e-7)) - static
    repeated = activity["repeated"].isel(trial=0).sel(step=activity["shown_step"].values).values.astype(bool)
    # Only units that the pattern selects can tell, the others are silent whether or not it came before.
    selected = static > 0
    low, high = np.quantile(static, (0.001, 0.999))
    bins = np.linspace(low, high, 61).tolist()
    axes.hist(static.ravel(), bins, density=True, histtype="step", color="0.7", label="static")
    for chosen, colour, label in ((~repeated, NEW, "new"), (repeated, REPEATED, "repeat")):
        values = plastic[chosen][selected[chosen]]
        axes.hist(values, bins, density=True, histtype="step", color=colour, label=f"plastic, {label}")
    axes.set(xlabel="Drive", ylabel="Density", title="drive of hidden units")
    axes.set_ylim(top=1.4 * axes.get_ylim()[1])
    axes.legend(loc="upper left")


def _plane(axes: plt.Axes, result: xr.Dataset, settings: ContinualFamiliarityStudy) -> None:
    """Draw the loss over eta and lambda of the best network, and the plasticity of all learned networks as points."""
    loss = result["loss_of_plasticity"]
    memory = 1 / (1 - result["decay"].values)
    image = axes.pcolormesh(memory, result["eta"].values, np.log10(loss), cmap="viridis_r", shading="nearest")
    bar = plt.colorbar(image, ax=axes, pad=0.03)
    bar.set_label(r"$\log_{10}$ loss")
    bar.outline.set_linewidth(0.4)
    axes.contour(memory, result["eta"].values, loss, [settings.degeneracy.solved_loss], colors="white", linewidths=0.8)
    names = list(result["parameter"].values)
    eta, decay = (names.index(f"feedforward.{name}") for name in ("eta_d", "lambda"))
    theta = result["learned_theta"].values
    for search, colour in search_colours(settings).items():
        own = result["search_of_learned"].values == search
        axes.plot(1 / (1 - theta[own, decay]), theta[own, eta], "o", color=colour, ms=3, mec="white", mew=0.4,
                  label=search_label(search))  # fmt: skip
    axes.axhline(0, color="white", lw=0.5)
    axes.set(xscale="log", xlabel=r"$1 / (1 - \lambda)$ (steps)", ylabel=r"$\eta d$", title="loss over the plasticity")
    axes.set(xlim=(memory.min(), memory.max()), ylim=(result["eta"].values.min(), result["eta"].values.max()))


def _perturbations(axes: plt.Axes, result: xr.Dataset, settings: ContinualFamiliarityStudy) -> None:
    for k, name in enumerate(result["block"].values):
        profile = result["perturbed_loss"].sel(block=name)
        axes.plot(profile["perturbation"], profile, "o-", ms=2, color=LEARNED_COLOURS[k], label=block_label(str(name)))
    axes.axhline(settings.degeneracy.solved_loss, color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="Relative perturbation", ylabel="Loss", title="one block perturbed")
    axes.legend(loc="upper left")


def _networks(axes: plt.Axes, result: xr.Dataset, settings: ContinualFamiliarityStudy) -> None:
    """Draw the mean of every block in every network that solves the task, over the largest of its root mean squares."""
    names = [str(name) for name in result["block"].values]
    scale = result["block_rms"].max("learned")
    for index, (search, colour) in enumerate(search_colours(settings).items()):
        own = (result["search_of_learned"] == search) & (result["solves"] == 1)
        means = (result["block_mean"] / scale).values[own.values]
        places = np.arange(len(names)) + 0.2 * (index - 1)
        axes.plot(np.tile(places, (len(means), 1)).T, means.T, "o", color=colour, ms=2.5, mew=0, alpha=0.8)
        axes.plot([], [], "o", color=colour, ms=2.5, label=search_label(search))
    axes.axhline(0, color="0.7", lw=0.5, zorder=0)
    axes.set_xticks(range(len(names)), [block_label(name) for name in names])
    axes.set(ylabel="Mean over the block (relative)", title="networks that solve the task", ylim=(-1.1, 1.1))
    axes.set_xlim(-0.5, len(names) - 0.5)
    if result["solves"].any():
        axes.legend(loc="best")
    else:
        axes.text(0.5, 0.6, "none", transform=axes.transAxes, ha="center")


CAPTION = (
    "What a network with plastic weights learned. **a** Static weights of the best network. **b** Its hidden activity "
    "over the last steps of a stream: a new pattern turns units on, which its repeat leaves silent. **c** Drive of "
    "hidden units: by static weights and bias; and by the plastic weights, in the units that the static weights "
    "select, for new and for repeated patterns. **d** Loss of the best network over its two parameters of plasticity, "
    "the learning rate eta (times the number of inputs) and the decay lambda, all else as learned; white: the loss of "
    "a solution; points: all learned networks. **e** Loss of the best network when one block of its parameters is "
    "perturbed: mean over draws, Gaussian, in units of the block's root mean square (for lambda: of its logit). **f** "
    "Mean of every block in all networks that solve the task, over its largest root mean square among the networks: "
    "blocks whose points coincide are pinned."
)

FIGURE = Figure((analysis_of("degeneracy"), rules_of("learned"), activity_of("learned")), plot, CAPTION)
