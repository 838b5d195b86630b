"""The studies of Confavreux et al., NeurIPS 2020, with all seeds: what was learned, and how it generalises.

    python benchmarks/studies_2020.py [STUDY ...]

Every restart of every search runs at published scale; the learned and the known rules are then tested in every
condition of the study's generalisation. Printed: a table for each study, and CPU seconds. Written to
`benchmarks/results/STUDY.nc`: the rules and their tests (contract `generalisation`).
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr
from synapseek_core.rule_sets.origins import ORIGINS

from synapseek_core import runtime
from synapseek_core.analysis.generalisation import generalise, rules_under_test
from synapseek_core.files import datasets, provenance
from synapseek_core.files.contracts.rules import GENERALISATION, RULES
from synapseek_core.search.methods import advance
from synapseek_core.studies import project

OUT = Path(__file__).parent / "results"
COMPUTE = runtime.Compute(threads=os.cpu_count() or 1)


def learn(study: project.Study) -> list[xr.Dataset]:
    """All runs of all searches."""
    runs = []
    for name, search in study.settings.search.items():
        for restart in range(search.restarts):
            started = time.process_time()
            runs.append(advance(study.task, name, restart, range(search.generations), None, COMPUTE))
            print(f"{study.name}: {name} {restart}, {time.process_time() - started:.0f} CPU s", file=sys.stderr)
    return runs


def rules_of(study: project.Study, runs: list[xr.Dataset]) -> xr.Dataset:
    """Learned and known rules in one table."""
    tables = {"learned": ORIGINS["learned"].sample(study.settings, {"search": runs})}
    if study.settings.reference:
        tables["reference"] = ORIGINS["reference"].sample(study.settings, {})
    return rules_under_test(tables)


def by_search(study: project.Study, rules: xr.Dataset) -> dict[str, list[str]]:
    """Names of the rules of each search, and of the known ones."""
    names = [str(name) for name in rules["rule"].values]
    groups = {search: [n for n in names if n.rpartition("_")[0] == search] for search in study.settings.search}
    return groups | {"reference": [str(n) for n in rules["rule"].values[rules["origin"].values == "reference"]]}


def oja_table(study: project.Study, rules: xr.Dataset, tested: xr.Dataset) -> None:
    """For each rule: theta_110, theta_021 and the largest other one over it, and the angle on all dimensions."""
    row = "{:>14} {:>10} {:>10} {:>12} {:>14} {:>6}"
    print(row.format("rule", "theta_110", "ratio", "other, max", "angle/degrees", "holds"))
    dimensions = [c for c in tested["condition"].values if str(c).endswith("inputs")]
    for search, names in by_search(study, rules).items():
        held = 0
        for name in names:
            theta = rules["theta"].sel(rule=name)
            first, second = (float(theta.sel(parameter=f"feedforward.theta_{k}")) for k in ("110", "021"))
            others = theta.drop_sel(parameter=["feedforward.theta_110", "feedforward.theta_021"])
            largest, ratio = float(abs(others).max()) / abs(first), second / first
            angle = float(tested["angle"].sel(rule=name, condition=dimensions).isel(step=-1).median())
            holds = abs(ratio + 1) < 0.05 and largest < 0.05 and angle < 3
            held += holds
            numbers = (f"{value:.3f}" for value in (first, ratio, largest, angle))
            print(row.format(name, *numbers, "yes" if holds else "no"))
        print(f"{search}: {held} of {len(names)} hold\n")


def pca_network_table(study: project.Study, rules: xr.Dataset, tested: xr.Dataset) -> None:
    """For each search and condition: angle between the spaces, and of each output to its own component."""
    row = "{:>14} {:>20} {:>16} {:>18} {:>24}"
    print(row.format("search", "condition", "angle/degrees", "worst seed", "outputs to components"))
    outputs = range(study.settings.network.outputs)
    for search, names in by_search(study, rules).items():
        for condition in tested["condition"].values:
            angles_of_trials = tested[["angle", "angle_to_component"]].sel(rule=names, condition=condition)
            final = angles_of_trials.isel(step=-1).median("trial")
            own = [float(final["angle_to_component"].isel(output=k, component=k).median()) for k in outputs]
            angles = final["angle"].values
            shown = ", ".join(f"{angle:.1f}" for angle in own)
            print(row.format(search, str(condition), f"{np.median(angles):.2f}", f"{angles.max():.2f}", shown))


TABLES: dict[str, Callable[[project.Study, xr.Dataset, xr.Dataset], None]] = {
    "oja": oja_table,
    "pca_network": pca_network_table,
}


def benchmark(name: str) -> None:
    """Learn, test, print and write one study."""
    started = time.process_time()
    study = project.load_study(name, "published")
    rules = rules_of(study, learn(study))
    settings = study.settings
    tested = generalise(study.conditions, rules, settings.seed, settings.generalisation.trials, COMPUTE)
    seconds = time.process_time() - started
    TABLES[name](study, rules, tested)
    print(f"{name}: {seconds:.0f} CPU seconds in all")
    digest = provenance.code_digest(__file__)
    sections = settings.sections("search", "generalisation", "reference")
    attributes = provenance.provenance(name, "benchmark", [], sections, study.scale, digest, settings.references)
    device = {"device": runtime.describe_device("jax"), "cpu_seconds": seconds}
    result = datasets.describe(tested.isel(step=[-1]).merge(rules.drop_vars("origin")), RULES)
    datasets.write(result, GENERALISATION, OUT / f"{name}.nc", attributes | device)


if __name__ == "__main__":
    runtime.enable_compile_cache()
    for study_name in sys.argv[1:] or TABLES:
        benchmark(study_name)
