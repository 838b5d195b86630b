"""The form of a figure, and the saving of every figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any, Generic, TypeVar

import matplotlib
import matplotlib.figure
import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.scale import LogScale

from synapseek_core.files.lineage import embedding
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, Need

SYNAPSE_COLOURS = {"EE": "#0072B2", "EI": "#009E73", "IE": "#D55E00", "II": "#CC79A7"}
"""Colours of synapse types, the same in every figure (Okabe and Ito's palette, safe for colour-blind readers)."""

POPULATION_COLOURS = {"E": "#0072B2", "I": "#D55E00"}
PUBLISHED_COLOUR = "#777777"
LEARNED_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")

REFERENCE_COLOUR = "#000000"
ORIGIN_STYLE = {
    "prior": ("0.6", "."),
    "neighbourhood": ("#56B4E9", "."),
    "learned": ("#D55E00", "o"),
    "published": ("black", "D"),
    "reference": ("black", "D"),
}
"""Colour and marker of rules by where they come from."""

SEARCH_LABELS = {"cma_es": "CMA-ES", "stein_variational": "SV-CMA-ES"}
"""How figures name searches; others go by their own name."""

PARAMETER_SYMBOLS = {
    "tau_pre": r"\tau_\mathrm{pre}",
    "tau_post": r"\tau_\mathrm{post}",
    "log_tau_pre": r"\ln\,\tau_\mathrm{pre}",
    "log_tau_post": r"\ln\,\tau_\mathrm{post}",
    **{name: rf"\{name}" for name in ("alpha", "beta", "gamma", "kappa")},
    "eta": r"\eta",
    "log_eta": r"\ln\,\eta",
    "eta_d": r"\eta d",
    "lambda": r"\lambda",
    **{f"{name}{k}": f"{name}_{k}" for name in "bw" for k in (1, 2)},
}
"""Symbols of parameters and search coordinates."""

SINGLE_COLUMN, DOUBLE_COLUMN = 3.35, 6.93
"""Widths of journal columns, in inches (85 and 176 mm)."""

READ_WITH_THE_CODE = ("synapseek.mplstyle",)

SettingsT = TypeVar("SettingsT", bound=StudySettings)


@dataclass(frozen=True)
class Figure(Generic[SettingsT]):
    """A figure.

    Attributes:
        needs: what it is drawn from.
        plot: draws it.
        caption: in reStructuredText, shown in the report.
    """

    needs: tuple[Need, ...]
    plot: Callable[[SettingsT, Data], matplotlib.figure.Figure]
    caption: str

    def draw(self, settings: SettingsT, data: Data) -> matplotlib.figure.Figure:
        """Draw the figure with the project's style sheet."""
        with style():
            return self.plot(settings, data)


@contextmanager
def style() -> Iterator[None]:
    """Apply the project's style sheet within a context."""
    with (
        as_file(files("synapseek_core") / "figures" / "synapseek.mplstyle") as sheet,
        plt.style.context(sheet),
    ):
        yield


def save(
    figure: matplotlib.figure.Figure, paths: Iterable[str], scale: str, record: Mapping[str, Any] | None = None
) -> None:
    """Write a figure to every path, in the format of its suffix. At preview scale the figure says so in its corner.

    Args:
        record: provenance that the figure carries; see `lineage.figure_record`.
    """
    if scale == "preview":
        _leave_below(figure, 7 / 72)
        figure.text(0.995, 0.005, "preview scale", ha="right", va="bottom", fontsize=5, color="0.5")
    for path in paths:
        with matplotlib.rc_context({"svg.hashsalt": "synapseek"}):
            figure.savefig(path, **embedding(path, record or {}))
    plt.close(figure)


def _leave_below(figure: matplotlib.figure.Figure, height: float) -> None:
    """Keep a strip (inches) at the lower edge free of panels and their labels."""
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        share = height / figure.get_figheight()
        engine.set(rect=(0, share, 1, 1 - share))


def doublings(axes: plt.Axes, names: str = "xy") -> None:
    """Give axes logarithmic scales with numbers at powers of two: the panels often span less than a power of ten."""
    for name in names:
        axes.set(**{f"{name}scale": LogScale(None, base=2)})
        getattr(axes, f"{name}axis").set_major_formatter("{x:g}")


def panel_label(axes: matplotlib.axes.Axes, letter: str) -> None:
    """Draw a bold panel letter at the upper left, outside the axes."""
    axes.annotate(
        letter,
        (0, 1),
        xytext=(-24, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=9,
        fontweight="bold",
    )


def parameter_label(name: str, with_type: bool = False) -> str:
    """Return the mathematical label of a parameter or search coordinate, for example `IE.log_tau_pre`.

    Args:
        with_type: whether the synapse type is shown, as a superscript.
    """
    kind, _, short = name.rpartition(".")
    superscript = rf"^\mathrm{{{kind}}}" if with_type else ""
    if short.startswith("theta_"):
        return rf"$\theta_{{{short.removeprefix('theta_')}}}{superscript}$"
    symbol = PARAMETER_SYMBOLS.get(short)
    return f"${symbol}{superscript}$" if symbol else f"{kind} {short}" if with_type else short.replace("_", " ")


def block_label(name: str) -> str:
    """Return the mathematical label of a block of a network's parameters, where it has one."""
    return parameter_label(f".{name}").replace("w_", "W_")


def parameter_labels(names: Iterable[Any]) -> list[str]:
    """Return the labels of the parameters of one rule, with the synapse type if there are several."""
    full = [str(name) for name in names]
    several = len({name.partition(".")[0] for name in full}) > 1
    return [parameter_label(name, several) for name in full]


def words(name: Any) -> str:
    """Return a name that files use as figures show it."""
    return str(name).replace("_", " ")


def round_colours(rounds: Iterable[Any]) -> dict[str, str]:
    """Return a colour for each round of inference, grey for the prior; the same in every figure."""
    others = [str(name) for name in rounds if name != "prior"]
    colours = [LEARNED_COLOURS[k % len(LEARNED_COLOURS)] for k in range(len(others))]
    return {"prior": ORIGIN_STYLE["prior"][0]} | dict(zip(others, colours, strict=True))


def search_label(search: str) -> str:
    """Return the label of a search."""
    return SEARCH_LABELS.get(search, search)


def search_colours(settings: StudySettings) -> dict[str, str]:
    """Return a colour for each search of a study."""
    return dict(zip(settings.search, LEARNED_COLOURS, strict=False))


def rule_label(table: xr.Dataset, rule: Any) -> str:
    """Return the label of a learned rule: its search and restart, and its particle where a run has several.

    Args:
        table: a file with the search, restart and particle of each rule (dimension `rule`) or learned rule (`learned`).
        rule: name of the rule.
    """
    dim = "learned" if "search_of_learned" in table else "rule"
    search, restart, particle = (table[f"{part}_of_{dim}"] for part in ("search", "restart", "particle"))
    one = {dim: rule}
    several = bool((particle.where(search == search.sel(one)) > 0).any())
    label = f"{search_label(str(search.sel(one).values))} {int(restart.sel(one))}"
    return f"{label}.{int(particle.sel(one))}" if several else label


def reference_label(name: str) -> str:
    """Return the label of a reference rule, for example of `vogels_2011`."""
    return words(name).capitalize()
