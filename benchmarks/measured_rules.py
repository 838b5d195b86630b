"""Rules of a table that the original program measured, simulated under its conditions: metric by metric, side by side.

    python benchmarks/measured_rules.py PATH [--rules 150] [--repeated 50] [--training 120] [--threads 1]

PATH: NetCDF with theta (rule, parameter), input_rate (rule) and metrics (rule, metric) of the four-type network, NaN
where the original stopped. Rules are taken in a fixed random order, so that more of them go on where fewer ended; the
first ones are simulated in a second trial with another network and input: what two trials of our own agree to is the
ceiling of what ours and the original's can. Files in results/measured_rules/: our metrics, trial by trial, and the
figure; results/measured_rules.nc: of every metric the correlation over rules, the median ratio, the agreement on
plausible or not, and the same between our own two trials. Without further rules to simulate it only compares.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from files import RESULTS, attributes_of
from matplotlib.ticker import NullFormatter
from scipy.stats import spearmanr
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.figures.figure import DOUBLE_COLUMN, save, style
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.study import Study
from synapseek_core.measures.groups import ALL
from synapseek_core.measures.registry import METRICS
from synapseek_core.rule_sets.table import read_table
from synapseek_core.seeds import Trials, generator
from synapseek_core.studies import project

FOLDER = RESULTS / "measured_rules"
ORIGINAL, FIRST, SECOND = "original", "first", "second"
BATCH = 5
Pair = tuple[pd.DataFrame, pd.DataFrame]
"""Metrics (rule x metric) of the same rules, measured twice."""

COLUMNS = (
    Column("correlation", "1", "Spearman correlation over rules, ours with the original's"),
    Column("correlation_of_two", "1", "the same between two trials of ours"),
    Column("ratio", "1", "median over rules of ours over the original's"),
    Column("difference", "1", "median over rules of the relative difference, ours from the original's"),
    Column("difference_of_two", "1", "the same between two trials of ours"),
    Column("agreement", "1", "share of rules of which both say plausible, or both not; missing without a range"),
    Column("agreement_of_two", "1", "the same between two trials of ours"),
    Column("rules", "1", "rules that neither stopped"),
    Column("rules_of_two", "1", "rules that stopped in neither trial of ours"),
)


def file_of(study: Study, trial: str) -> Path:
    """Return the file of our metrics in one trial of each rule, after so much training."""
    return FOLDER / f"{trial}_{study.settings.protocol.training_time:g}s.nc"


def simulate(study: Study, rules: xr.Dataset, trial: str, compute: runtime.Compute) -> None:
    """Simulate what is missing of the rules in one trial each, a batch at a time."""
    path = file_of(study, trial)
    done = datasets.read(path, FITNESS) if path.exists() else None
    for first in range(0 if done is None else done.sizes["rule"], rules.sizes["rule"], BATCH):
        batch = RuleTable.from_dataset(rules.isel(rule=slice(first, first + BATCH)).drop_vars("keep_spikes"))
        activity = study.task.simulate(batch, Trials(study.settings.seed, ("measured rules", trial), 1), compute)
        fitness = study.task.evaluate(activity)
        done = fitness if done is None else datasets.join_rules([done, fitness])
        datasets.write(done, FITNESS, path, attributes_of(study, device=runtime.describe_device("numba")))
        print(f"{trial} trial: {done.sizes['rule']} of {rules.sizes['rule']} rules", flush=True)


def measured(path: Path, rules: xr.Dataset, study: Study) -> dict[str, pd.DataFrame]:
    """Return the metrics (rule x metric) of the original, and those of our trials."""
    with xr.open_dataset(path) as opened:
        original = opened["metrics"].to_pandas()
    names = [str(name) for name in rules["rule"].values]
    tables = {ORIGINAL: original.set_axis(original.index.map(str)).loc[names, list(METRICS)]}
    for trial in (FIRST, SECOND):
        fitness = datasets.read(file_of(study, trial), FITNESS).isel(trial=0)
        tables[trial] = fitness[list(METRICS)].to_dataframe()[list(METRICS)]
    return tables


def of_same_rules(one: pd.DataFrame, other: pd.DataFrame) -> Pair:
    """Return two tables of the rules that are in both."""
    return one.align(other, join="inner", axis=0)


def that_ended(pair: Pair) -> Pair:
    """Return two tables of the rules that were stopped in neither."""
    ended = pair[0]["rate"].notna() & pair[1]["rate"].notna()
    return pair[0][ended], pair[1][ended]


def plausible(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return which rules are plausible by each metric, each group and all; a stopped rule is not."""
    found: dict[str, pd.Series] = {}
    for group, own in study.settings.plausible.items():
        by_metric = {name: table[name].between(low, high) for name, (low, high) in own.items()}
        found |= by_metric | {group: pd.DataFrame(by_metric).all(axis=1)}
    return pd.DataFrame(found | {ALL: pd.DataFrame(found).all(axis=1)})


def compare(theirs: Pair, ours: Pair, study: Study) -> Table:
    """Return the table: every metric, then groups of constraints, and what was stopped."""
    table = Table(COLUMNS)
    agreed = [(plausible(a, study) == plausible(b, study)).mean() for a, b in (theirs, ours)]
    ended = [that_ended(pair) for pair in (theirs, ours)]
    for name in METRICS:
        both = [(a[name], b[name]) for a, b in ended]
        correlations = [spearmanr(a, b).statistic for a, b in both]
        differences = [(2 * (b - a).abs() / (a + b)).median() for a, b in both]
        agreements = [own.get(name, np.nan) for own in agreed]
        ratio = (both[0][1] / both[0][0]).replace(np.inf, np.nan).median()
        table.add(name, *correlations, ratio, *differences, *agreements, *(len(a) for a, _ in both))
    stops = [(a["rate"].isna() == b["rate"].isna()).mean() for a, b in (theirs, ours)]
    counts = [len(a) for a, _ in (theirs, ours)]
    for name, own in {group: [one[group] for one in agreed] for group in (*study.settings.plausible, ALL)}.items():
        table.add(name, *[np.nan] * 5, *own, *counts)
    table.add("stopped", *[np.nan] * 5, *stops, *counts)
    return table


def draw(theirs: Pair, ours: Pair, study: Study) -> matplotlib.figure.Figure:
    """Draw one panel a metric: our first trial against the original, and our second against the first."""
    ranges = {name: own for group in study.settings.plausible.values() for name, own in group.items()}
    drawn = {
        "our first and our second trial": (that_ended(ours), "0.65"),
        "the original program and our first trial": (that_ended(theirs), "#0072B2"),
    }
    with style():
        figure, grid = plt.subplots(3, 6, figsize=(DOUBLE_COLUMN, 4.3))
        for axes, name in zip(grid.flat, METRICS, strict=False):
            lowest = _scale(axes, pd.concat([one[name] for pair, _ in drawn.values() for one in pair]))
            for label, ((one, other), colour) in drawn.items():
                x, y = (values[name].clip(lower=lowest) for values in (one, other))
                axes.plot(x, y, ".", ms=3, mew=0, color=colour, label=label, clip_on=False)
            for bound in (bound for bound in ranges.get(name, ()) if lowest < bound < axes.get_xlim()[1]):
                axes.axhline(bound, color="#D55E00", lw=0.5, ls=":", zorder=0)
                axes.axvline(bound, color="#D55E00", lw=0.5, ls=":", zorder=0)
            axes.set_title(METRICS[name].label, pad=3, fontsize=6)
        grid.flat[len(METRICS)].set_axis_off()
        figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
        figure.supxlabel("First measurement of a rule", fontsize=7)
        figure.supylabel("Second measurement", fontsize=7)
    return figure


def _scale(axes: plt.Axes, values: pd.Series) -> float:
    """Give both axes one scale, logarithmic for values over decades, with the diagonal; return their lower end.

    Values below it, zeros for example, are to be drawn there.
    """
    low, high = (float(end) for end in values[values > 0].quantile([0.01, 1.0]))
    if high > 8 * low:
        limits = (0.8 * low, 1.25 * high)
        axes.set(xscale="log", yscale="log")
    else:
        limits = (low - 0.1 * (high - low), high + 0.1 * (high - low))
        axes.locator_params(nbins=3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.set(xlim=limits, ylim=limits)
    axes.set_aspect("equal", adjustable="box")
    axes.plot(limits, limits, color="black", lw=0.4, zorder=0)
    return limits[0]


def main(path: Path, rules: int, repeated: int, training: float, threads: int) -> None:
    """Simulate what is missing, compare, and draw."""
    runtime.enable_compile_cache()
    study = project.load_study("families_polynomial", "published", {"protocol": {"training_time": training}})
    whole = read_table(path, study.settings.rule_space)
    chosen = whole.isel(rule=generator(study.settings.seed, "measured rules").permutation(whole.sizes["rule"])[:rules])
    compute = runtime.Compute("numba", "cpu", threads)
    for trial, count in ((FIRST, min(rules, repeated)), (SECOND, repeated), (FIRST, rules)):
        simulate(study, chosen.isel(rule=slice(count)), trial, compute)
    tables = measured(path, chosen, study)
    theirs, ours = of_same_rules(tables[ORIGINAL], tables[FIRST]), of_same_rules(tables[FIRST], tables[SECOND])
    compare(theirs, ours, study).save("measured_rules", runtime.describe_device("numba"))
    save(draw(theirs, ours, study), [str(FOLDER / "measured_rules.png")], "published")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rules measured by the original program, beside ours")
    parser.add_argument("path", type=Path, help="table of rules with their metrics, NetCDF")
    parser.add_argument("--rules", type=int, default=150, help="rules simulated")
    parser.add_argument("--repeated", type=int, default=50, help="of these in a second trial")
    parser.add_argument("--training", type=float, default=120.0, help="time before recording, in s")
    parser.add_argument("--threads", type=int, default=1, help="threads of the simulation")
    given = parser.parse_args()
    main(given.path, given.rules, min(given.repeated, given.rules), given.training, given.threads)
