"""Figure across studies: how far beyond the repeat interval of their training different networks detect repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import xarray as xr

from synapseek_core.figures.comparison.comparison import Comparison, StudyResults
from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, panel_label
from synapseek_core.figures.recognition import (
    MEASURES,
    draw_intervals,
    finish_accuracy,
    finish_rates,
    learned_networks,
    of_search,
)
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import analysis_of
from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy

NETWORKS = {"hebbff": "HebbFF", "lstm": "LSTM", "bogacz_brown": "Bogacz-Brown"}
SIGNS = {"free": "", "hebbian": r", $\eta > 0$", "anti_hebbian": r", $\eta < 0$"}


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """Draw accuracy and positives of networks learned at one repeat interval; accuracy of those with a curriculum."""
    settings: ContinualFamiliarityStudy = results[0].study.settings
    figure, axes = plt.subplots(1, 3, figsize=(DOUBLE_COLUMN, 2.6))
    for label, colour, tested in _networks(results, with_curriculum=False):
        draw_intervals(axes[0], tested, settings, "accuracy", colour, label)
        for measure, style in MEASURES.items():
            draw_intervals(axes[1], tested, settings, measure, colour, None, style)
    for label, colour, tested in _networks(results, with_curriculum=True):
        draw_intervals(axes[2], tested, settings, "accuracy", colour, label)
    finish_rates(axes[1])
    for panel in axes[[0, 2]]:
        finish_accuracy(panel, settings)
    entries = axes[0].get_legend_handles_labels()
    figure.legend(*entries, loc="outside upper center", ncols=len(entries[0]))
    axes[0].axvline(settings.stream.interval, color="0.7", lw=0.6, zorder=0)
    axes[0].set_title(f"learned at R = {settings.stream.interval}")
    axes[1].set_title(f"learned at R = {settings.stream.interval}")
    axes[2].set_title("learned with a curriculum")
    for letter, panel in zip("abc", axes, strict=True):
        panel_label(panel, letter)
    return figure


def _networks(results: Sequence[StudyResults], with_curriculum: bool) -> Iterator[tuple[str, str, xr.Dataset]]:
    """Return label, colour and tests of the networks of each study's first search with or without a curriculum."""
    labels = [_label(one.study.settings) for one in results]
    for one, label, colour in zip(results, labels, LEARNED_COLOURS, strict=False):
        found = [n for n, s in one.study.settings.search.items() if (s.curriculum is not None) == with_curriculum]
        if found:
            tested = of_search(learned_networks(one.data[analysis_of("generalisation")]), found[0])
            yield label if labels.count(label) == 1 else one.study.name, colour, tested


def _label(settings: ContinualFamiliarityStudy) -> str:
    return NETWORKS[settings.plasticity.family] + SIGNS[settings.plasticity.sign]


def _is_of(study: Study) -> bool:
    searches = study.settings.search.values()
    return isinstance(study.settings, ContinualFamiliarityStudy) and any(s.curriculum is None for s in searches)


CAPTION = (
    "Repeats at intervals that networks were not trained on (after figures 2 and 3 of Tyulmankov et al. 2022). **a** "
    "Accuracy of networks learned at one repeat interval R (grey line) against the R of the test: median over "
    "networks, shaded their range; dotted: a network that calls every pattern new. **b** Share of repeats, and of new "
    "patterns, that these networks call repeats. **c** As **a**, for networks learned with a curriculum, which raises "
    "R whenever it is mastered."
)

COMPARISON = Comparison(_is_of, (analysis_of("generalisation"),), plot, CAPTION)
