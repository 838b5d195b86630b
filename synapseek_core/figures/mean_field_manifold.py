"""Figure: learned rules relative to the mean-field manifold, and what the manifold does not predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import (
    DOUBLE_COLUMN,
    REFERENCE_COLOUR,
    Figure,
    panel_label,
    reference_label,
    search_colours,
    search_label,
)
from synapseek_core.pipeline.results import Data, analysis_of, fitness_of, rules_of

if TYPE_CHECKING:
    from synapseek_core.tasks.tuned.settings import TunedInhibitionStudy

PRIOR = {"color": "0.75", "marker": ".", "ms": 3}
REFERENCE = {"color": REFERENCE_COLOUR, "marker": "D", "ms": 4}


def plot(settings: TunedInhibitionStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw the cloud and the manifold, distances, loss along axes, generalisation."""
    figure, axes = plt.subplots(2, 2, figsize=(DOUBLE_COLUMN, 4.6))
    sets = rule_sets(settings, data)
    _plane(axes[0, 0], settings, sets)
    _distances(axes[0, 1], data[analysis_of("degeneracy")], sets)
    _loss_along(axes[1, 0], data[analysis_of("degeneracy")], settings)
    _generalisation(axes[1, 1], settings, data, sets)
    for letter, panel in zip("abcd", axes.ravel(), strict=True):
        panel_label(panel, letter)
    return figure


class Shown(NamedTuple):
    """Rules that are drawn alike: theta (rule, parameter), rule set, names there, and style."""

    theta: np.ndarray
    origin: str
    names: list[str]
    style: dict[str, Any]

    def among(self, result: xr.Dataset) -> np.ndarray:
        """Return which rules of a degeneracy file are these rules."""
        return (result["origin"] == self.origin).values & np.isin(result["name_in_origin"].values, self.names)


def rule_sets(settings: TunedInhibitionStudy, data: Data) -> dict[str, Shown]:
    """Return the drawn rules by label: those of the prior, of each search, and the reference rules."""
    result = data[analysis_of("degeneracy")]
    prior, reference = data[rules_of("prior")], data[rules_of("reference")]
    sets = {"prior": Shown(prior["theta"].values, "prior", _names(prior["rule"]), PRIOR)}
    for search, colour in search_colours(settings).items():
        own = result.isel(learned=(result["search_of_learned"] == search).values)
        style = {"color": colour, "marker": "o", "ms": 3}
        sets[search_label(search)] = Shown(own["learned_theta"].values, "learned", _names(own["learned"]), style)
    for name, theta in zip(reference["rule"].values, reference["theta"].values, strict=True):
        sets[reference_label(str(name))] = Shown(theta[None], "reference", [str(name)], REFERENCE)
    return sets


def _names(names: xr.DataArray) -> list[str]:
    return [str(name) for name in names.values]


def _plane(axes: plt.Axes, settings: TunedInhibitionStudy, sets: Mapping[str, Any]) -> None:
    space, manifold = settings.rule_space, settings.mean_field_manifold
    for label, (theta, _, _, style) in sets.items():
        unpaired, paired = manifold.terms(space.to_coordinates(theta))
        axes.plot(unpaired, paired, ls="", mew=0, label=label, **style)
    limits = np.array(axes.get_xlim())
    axes.plot(limits, -limits, color="0.3", lw=0.8, zorder=0, label="mean-field manifold")
    axes.set(
        xlabel=r"$\alpha r_\mathrm{pre} + \beta r$ (Hz)",
        ylabel=r"$(\gamma\tau_\mathrm{pre} + \kappa\tau_\mathrm{post})\, r_\mathrm{pre} r$ (Hz)",
        xlim=limits,
    )
    axes.legend(loc="upper right", handletextpad=0.3)


def _distances(axes: plt.Axes, result: xr.Dataset, sets: Mapping[str, Any]) -> None:
    spread = float(result["cloud_spread"])
    edges = np.geomspace(1e-3, 10, 33)
    for label, shown in sets.items():
        names, style = shown.names, shown.style
        distance = result["distance_from_manifold"].values[shown.among(result)] / spread
        if len(names) > 1:
            weights = np.full(len(names), 1 / len(names))
            axes.hist(distance, list(edges), weights=weights, histtype="step", color=style["color"], label=label)
        else:
            axes.plot(np.maximum(distance, edges[0]), [0.01], ls="", mew=0, label=label, clip_on=False, **style)
    cloud = float(result["cloud_distance"]) / spread
    axes.axvline(cloud, color="0.3", lw=0.7, ls="--")
    axes.annotate(
        f"solutions: {cloud:.2f} (r.m.s.)", (cloud, 0.98), xycoords=("data", "axes fraction"), xytext=(-3, 0),
        textcoords="offset points", ha="right", va="top", fontsize=6,
    )  # fmt: skip
    axes.set(xscale="log", xlabel="Distance from the manifold / spread of the solutions", ylabel="Share of rules")
    axes.legend(loc="center left")


def _loss_along(axes: plt.Axes, result: xr.Dataset, settings: TunedInhibitionStudy) -> None:
    count = result.sizes["manifold_axis"]
    colours = ["black", *plt.get_cmap("viridis")(np.linspace(0, 0.9, count - 1))]
    for k in range(count):
        name = {0: "normal to it", 1: "along it, widest", count - 1: "along it, narrowest"}.get(k)
        label = name and f"{name} (SD {float(result['cloud_sd'][k]):.2f})"
        profile = result["loss_along_manifold"].isel(manifold_axis=k)
        axes.plot(
            profile["displacement"], profile, "o-", ms=2, color=colours[k], lw=1.6 if k == 0 else 0.9, label=label
        )
    axes.axhline(settings.degeneracy.solved_loss, color="0.5", lw=0.6, ls=":", zorder=0)
    axes.set(yscale="log", xlabel="Displacement (search coordinates)", ylabel="Loss")
    axes.set_ylim(top=axes.get_ylim()[1] * 30)
    axes.legend(loc="upper center", title="direction at the manifold (spread of the solutions)", title_fontsize=6)


def _generalisation(axes: plt.Axes, settings: TunedInhibitionStudy, data: Data, sets: Mapping[str, Any]) -> None:
    tested = data[analysis_of("generalisation")]
    conditions = [str(name) for name in tested["condition"].values]
    shifts = np.linspace(-0.25, 0.25, len(sets) - 1)
    for shift, (_, origin, names, style) in zip(shifts, list(sets.values())[1:], strict=True):
        trained = data[fitness_of(origin)]["rate"].sel(rule=names, population="E").mean("trial")
        rates = tested["rate"].sel(rule=names, population="E").mean("trial")
        values = np.column_stack([trained, rates.transpose("rule", "condition")])
        place = np.arange(values.shape[1]) + shift + np.linspace(-0.09, 0.09, len(names))[:, None]
        axes.plot(place.T, values.T, ls="", mew=0, alpha=0.8, **style)
    axes.axhline(settings.protocol.target_rate, color="0.5", lw=0.6, zorder=0)
    labels = ["as trained", *(name.replace("_", "\n") for name in conditions)]
    axes.set_xticks(range(len(labels)), labels)
    axes.set(ylabel="Rate (Hz)")


CAPTION = (
    "Degeneracy of tuned inhibition. Mean-field theory predicts that a rule keeps the target rate r if alpha r_pre "
    "+ beta r + (gamma tau_pre + kappa tau_post) r_pre r = 0: a manifold of rules. **a** The two parts of that sum; "
    "on the line they cancel. Learned rules lie a little below it, since the theory neglects the correlations "
    "between inputs and neuron. **b** Distance of rules from the manifold in search coordinates, over the spread of "
    "the learned rules that solve the task (their standard deviation in one direction); the reference rule (diamond, "
    "drawn at the edge) is on the manifold. **c** Loss of rules moved along the manifold, on the principal axes of "
    "the solutions within it, and along its normal, through the point nearest to the best rule; dotted: the loss of "
    "a solution. **d** Rates of the learned rules and of the reference rule in the trained setting, and with inputs or "
    "a tuning that they were not trained on; line: the target."
)

FIGURE = Figure(
    (
        analysis_of("degeneracy"),
        rules_of("prior"),
        rules_of("reference"),
        fitness_of("learned"),
        fitness_of("reference"),
        analysis_of("generalisation"),
    ),
    plot,
    CAPTION,
)
