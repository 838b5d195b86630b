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

import numpy as np
import xarray as xr
from files import RESULTS, attributes_of

from synapseek_core import runtime
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import GENERALISATION
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.chunks import chunks, runs
from synapseek_core.pipeline.results import ChunkOf, analysis_of, rules_of
from synapseek_core.pipeline.run import Run, run
from synapseek_core.rule_sets.tested import TESTED
from synapseek_core.studies import project


def learn(done: Run) -> None:
    """Run every restart of every search, and tell how long it took."""
    settings = done.study.settings
    for search, restart in runs(settings):
        started = time.process_time()
        done[ChunkOf(search=search, restart=restart, chunk=len(chunks(settings, search)) - 1)]
        print(f"{done.study.name}: {search} {restart}, {time.process_time() - started:.0f} CPU s", file=sys.stderr)


def by_search(study: Study, rules: xr.Dataset) -> dict[str, list[str]]:
    """Return the names of the rules of each search, and of the known ones."""
    learned, origin = rules["search_of_rule"].where(rules["origin"] == "learned", ""), rules["origin"]
    groups = {search: rules["rule"].values[learned == search] for search in study.settings.search}
    groups["reference"] = rules["rule"].values[origin == "reference"]
    return {group: [str(name) for name in names] for group, names in groups.items()}


def oja_table(study: Study, rules: xr.Dataset, tested: xr.Dataset) -> None:
    """Print for each rule theta_110, theta_021 and the largest other one over it, and the angle on all dimensions."""
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


def pca_network_table(study: Study, rules: xr.Dataset, tested: xr.Dataset) -> None:
    """Print for each search and condition the angle between the spaces, and of each output to its own component."""
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


TABLES: dict[str, Callable[[Study, xr.Dataset, xr.Dataset], None]] = {
    "oja": oja_table,
    "pca_network": pca_network_table,
}


def benchmark(study: Study) -> None:
    """Learn the rules of a study, test them, print a table and write the file."""
    started = time.process_time()
    done = run(study, (), runtime.Compute(threads=os.cpu_count() or 1))
    learn(done)
    rules, tested = done[rules_of(TESTED)], done[analysis_of("generalisation")]
    seconds = time.process_time() - started
    TABLES[study.name](study, rules, tested)
    print(f"{study.name}: {seconds:.0f} CPU seconds in all")
    described = attributes_of(
        study, "search", "generalisation", "reference", device=runtime.describe_device("jax"), cpu_seconds=seconds
    )
    result = tested.isel(step=[-1]).merge(rules[["theta", "parameter_units"]])
    datasets.write(result, GENERALISATION, RESULTS / f"{study.name}.nc", described)


if __name__ == "__main__":
    runtime.enable_compile_cache()
    for study_name in sys.argv[1:] or TABLES:
        benchmark(project.load_study(study_name, "published"))
