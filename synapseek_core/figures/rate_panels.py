"""Panels that show the rates of all rules of a study, as far as its task measures them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import ORIGIN_STYLE

if TYPE_CHECKING:
    from synapseek_core.interfaces.settings import StudySettings
    from synapseek_core.tasks.recurrent.familiarity.settings import FamiliarityStudy


@dataclass(frozen=True)
class RatePanel:
    """One kind of panel.

    Attributes:
        rates: variables (rule,) of the degeneracy file that it shows.
        draw: (axes, degeneracy file, settings of the study) -> None.
        caption: what it shows, in reStructuredText.
    """

    rates: tuple[str, str]
    draw: Callable[[plt.Axes, xr.Dataset, Any], None]
    caption: str

    def is_for(self, result: xr.Dataset) -> bool:
        """Return whether the file has both rates for at least one rule."""
        return all(name in result and bool(result[name].notnull().any()) for name in self.rates)


def _points(axes: plt.Axes, result: xr.Dataset, x: str, y: str) -> None:
    """Draw one point a rule, styled by its origin."""
    for origin, (colour, marker) in ORIGIN_STYLE.items():
        chosen = result["origin"] == origin
        if chosen.any():
            size = 4 if marker == "." else 2.5
            axes.plot(result[x][chosen], result[y][chosen], marker, color=colour, ms=size, mew=0, label=origin)


def _mean_field(axes: plt.Axes, result: xr.Dataset, settings: StudySettings) -> None:
    _points(axes, result, "simulated_rate", "predicted_rate")
    limits = np.array([0.3, 300.0])
    axes.plot(limits, limits, color="0.6", lw=0.6, zorder=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=limits,
        ylim=limits,
        xlabel="Simulated rate (Hz)",
        ylabel="Mean-field rate (Hz)",
        title="mean field against simulation",
    )
    axes.legend(loc="upper left", handletextpad=0.2)


def _familiarity(axes: plt.Axes, result: xr.Dataset, settings: FamiliarityStudy) -> None:
    _points(axes, result, "novel_rate", "familiar_rate")
    familiar, novel = settings.protocol.familiar_cut, settings.protocol.novel_cut
    # From so low a rate on that the legend has its place below the rules.
    limits = 0.01, 1.3 * max(100.0, float(result["familiar_rate"].max()))
    axes.fill_between((limits[0], novel), familiar, limits[1], color="0.92", lw=0, zorder=-1)
    axes.plot(limits, limits, color="0.6", lw=0.6, zorder=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=limits,
        ylim=limits,
        xlabel="Rate, novel pattern (Hz)",
        ylabel="Rate, familiar pattern (Hz)",
        title="familiar against novel",
    )
    axes.legend(loc="lower right", handletextpad=0.2)


RATE_PANELS = (
    RatePanel(
        ("simulated_rate", "predicted_rate"),
        _mean_field,
        "rate predicted by mean-field theory at the simulated presynaptic rate against the simulated rate; the theory, "
        "for one plastic synapse type, neglects correlations and the bounds of weights",
    ),
    RatePanel(
        ("novel_rate", "familiar_rate"),
        _familiarity,
        "rates to the familiar and to the novel pattern; shaded: where the rates cost nothing",
    ),
)
"""A new one is an entry here; a study shows the first that its degeneracy file has the rates for."""
