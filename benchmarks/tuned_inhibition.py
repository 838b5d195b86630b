"""What a run of the study tuned_inhibition at its full size found, and what it cost.

    python benchmarks/tuned_inhibition.py [RESULTS]

after `snakemake` with `studies: {tuned_inhibition: }` in config.yaml (no key below it changed). RESULTS is the study's
folder, results/tuned_inhibition if left out. Printed: for each learned and each known rule the loss, the
rate and the tuning on unseen trials, and its distance from the mean-field manifold; how many restarts hold the target
within 10 %; the cloud of solutions beside the manifold; rates where rules were not trained; CPU seconds of the stages.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import xarray as xr

from synapseek_core.files import datasets, provenance
from synapseek_core.files.contracts.rules import DEGENERACY, FITNESS, GENERALISATION, RULES
from synapseek_core.search.distribution import is_learned
from synapseek_core.studies import project

STUDY = project.load_study("tuned_inhibition")
TARGET = STUDY.settings.protocol.target_rate


def rules_table(folder: Path) -> xr.Dataset:
    """Fitness of the learned and the known rules, with their distance from the manifold."""
    learned = datasets.read(folder / "rules" / "learned.nc", RULES)
    fitness = datasets.read(folder / "fitness" / "learned.nc", FITNESS).isel(rule=is_learned(learned))
    known = datasets.read(folder / "fitness" / "reference.nc", FITNESS)
    degeneracy = datasets.read(folder / "degeneracy.nc", DEGENERACY)
    names = [
        f"{origin}/{name}" for origin, f in (("learned", fitness), ("reference", known)) for name in f["rule"].values
    ]
    table = xr.concat([fitness, known], "rule", data_vars="all")
    distance = degeneracy["distance_from_manifold"].sel(rule=names)
    return table.assign(distance_from_manifold=("rule", distance.values, distance.attrs))


def print_rules(table: xr.Dataset) -> None:
    """One line a rule, then the restarts together."""
    row = "{:>24} {:>8} {:>9} {:>9} {:>12} {:>9}"
    print(row.format("rule", "loss", "rate/Hz", "SD/Hz", "correlation", "distance"))
    rate = table["rate"].sel(population="E")
    columns = (
        table["loss"], rate.mean("trial"), rate.std("trial"), table["tuning_correlation"].mean("trial"),
        table["distance_from_manifold"],
    )  # fmt: skip
    for k, name in enumerate(table["rule"].values):
        print(row.format(str(name), *(f"{float(column[k]):.3f}" for column in columns)))
    for search in STUDY.settings.search:
        own = table.isel(rule=[str(name).startswith(f"{search}_") for name in table["rule"].values])
        rates = own["rate"].sel(population="E").mean("trial").values
        held = int((np.abs(rates - TARGET) <= 0.1 * TARGET).sum())
        correlation = own["tuning_correlation"].mean("trial").values
        print(
            f"{search}: {held} of {len(rates)} rules within 10 % of {TARGET:g} Hz; correlation of tuning: median "
            f"{np.median(correlation):.3f}, above 0.9 in {int((correlation > 0.9).sum())}"
        )


def print_cloud(folder: Path) -> None:
    """Solutions and prior beside the manifold, and rates in every condition."""
    result = datasets.read(folder / "degeneracy.nc", DEGENERACY)
    spread, distance = float(result["cloud_spread"]), float(result["cloud_distance"])
    prior = result["distance_from_manifold"].where(result["origin"] == "prior", drop=True)
    print(
        f"solutions: {int(result['solves'].sum())} rules, spread {spread:.3f}, distance from the manifold "
        f"{distance:.3f} = {distance / spread:.3f} spreads; prior: "
        f"{float(np.sqrt((prior**2).mean())) / spread:.3f} spreads"
    )
    for axis, profile in enumerate(result["loss_along_manifold"].transpose("manifold_axis", ...)):
        print(f"axis {axis} (SD {float(result['cloud_sd'][axis]):.2f}): loss", np.round(profile.values, 3))
    tested = datasets.read(folder / "generalisation.nc", GENERALISATION)
    rates = tested["rate"].sel(population="E").mean("trial")
    for condition in tested["condition"].values:
        one = rates.sel(condition=condition)
        known = one.where(tested["origin"] == "reference", drop=True).values
        low, middle, high = np.quantile(one.where(tested["origin"] == "learned", drop=True), (0.1, 0.5, 0.9))
        print(f"{condition}: learned {middle:.2f} Hz (10 to 90 %: {low:.2f} to {high:.2f}), known {known.round(2)} Hz")


def cpu_seconds(folder: Path) -> float:
    """CPU seconds of all jobs of the run, and of each stage, printed."""
    stages: dict[str, float] = {}
    for path in sorted((folder / "timings").rglob("*.tsv")):
        with open(path) as stream:
            cpu = sum(float(row["cpu_time"]) for row in csv.DictReader(stream, delimiter="\t"))
        stage = path.relative_to(folder / "timings").parts[0].removesuffix(".tsv")
        stages[stage] = stages.get(stage, 0.0) + cpu
    print("CPU seconds:", {stage: round(cpu) for stage, cpu in stages.items()}, "together", round(sum(stages.values())))
    return sum(stages.values())


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/tuned_inhibition")
    table = rules_table(folder)
    print_rules(table)
    print_cloud(folder)
    attributes = provenance.provenance(
        STUDY.name,
        "benchmark",
        [],
        STUDY.settings.sections("search", "evaluation"),
        STUDY.scale,
        provenance.code_digest(__file__),
        STUDY.settings.references,
    )
    path = Path(__file__).parent / "results" / "tuned_inhibition.nc"
    datasets.write(table, FITNESS, path, attributes | {"cpu_seconds": cpu_seconds(folder)})
