"""What the study tuned_inhibition finds at its full size, and what that costs.

    python benchmarks/tuned_inhibition.py

Printed: for each learned and each known rule the loss, the rate and the tuning on unseen trials, and its distance from
the mean-field manifold; how many restarts hold the target within 10 %; the cloud of solutions beside the manifold;
rates where rules were not trained; CPU seconds.
"""

import os
import time

import numpy as np
import xarray as xr
from files import RESULTS, attributes_of

from synapseek_core import runtime
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import SearchEnds, analysis_of, fitness_of, rules_of
from synapseek_core.pipeline.run import Run, run
from synapseek_core.search.distribution import is_learned
from synapseek_core.studies import project

PARTS = {
    "searches": SearchEnds(),
    "degeneracy": analysis_of("degeneracy"),
    "generalisation": analysis_of("generalisation"),
}
"""Parts of the study -> what they end with; all rules are evaluated for the degeneracy."""


def whole_study(study: Study) -> tuple[Run, dict[str, float]]:
    """Run a study and return it with the CPU seconds of each part."""
    done, seconds = run(study, (), runtime.Compute(threads=os.cpu_count() or 1)), {}
    for part, need in PARTS.items():
        began = time.process_time()
        done[need]
        seconds[part] = time.process_time() - began
    return done, seconds


def rules_table(done: Run) -> xr.Dataset:
    """Return the fitness of the learned and the known rules, with their distance from the manifold."""
    learned = done[fitness_of("learned")].isel(rule=is_learned(done[rules_of("learned")]))
    known = done[fitness_of("reference")]
    names = [
        f"{origin}/{name}" for origin, f in (("learned", learned), ("reference", known)) for name in f["rule"].values
    ]
    table = xr.concat([learned, known], "rule", data_vars="all")
    distance = done[analysis_of("degeneracy")]["distance_from_manifold"].sel(rule=names)
    return table.assign(distance_from_manifold=("rule", distance.values, distance.attrs))


def print_rules(study: Study, table: xr.Dataset) -> None:
    """Print one line a rule, then the restarts together."""
    row = "{:>24} {:>8} {:>9} {:>9} {:>12} {:>9}"
    print(row.format("rule", "loss", "rate/Hz", "SD/Hz", "correlation", "distance"))
    rate = table["rate"].sel(population="E")
    columns = (
        table["loss"], rate.mean("trial"), rate.std("trial"), table["tuning_correlation"].mean("trial"),
        table["distance_from_manifold"],
    )  # fmt: skip
    for k, name in enumerate(table["rule"].values):
        print(row.format(str(name), *(f"{float(column[k]):.3f}" for column in columns)))
    target = study.settings.protocol.target_rate
    for search in study.settings.search:
        own = table.isel(rule=[str(name).startswith(f"{search}_") for name in table["rule"].values])
        rates = own["rate"].sel(population="E").mean("trial").values
        held = int((np.abs(rates - target) <= 0.1 * target).sum())
        correlation = own["tuning_correlation"].mean("trial").values
        print(
            f"{search}: {held} of {len(rates)} rules within 10 % of {target:g} Hz; correlation of tuning: median "
            f"{np.median(correlation):.3f}, above 0.9 in {int((correlation > 0.9).sum())}"
        )


def print_cloud(result: xr.Dataset) -> None:
    """Print solutions and prior of the degeneracy beside the manifold."""
    spread, distance = float(result["cloud_spread"]), float(result["cloud_distance"])
    prior = result["distance_from_manifold"].where(result["origin"] == "prior", drop=True)
    print(
        f"solutions: {int(result['solves'].sum())} rules, spread {spread:.3f}, distance from the manifold "
        f"{distance:.3f} = {distance / spread:.3f} spreads; prior: "
        f"{float(np.sqrt((prior**2).mean())) / spread:.3f} spreads"
    )
    for axis, profile in enumerate(result["loss_along_manifold"].transpose("manifold_axis", ...)):
        print(f"axis {axis} (SD {float(result['cloud_sd'][axis]):.2f}): loss", np.round(profile.values, 3))


def print_conditions(tested: xr.Dataset) -> None:
    """Print the rates of the generalisation in every condition."""
    rates = tested["rate"].sel(population="E").mean("trial")
    for condition in tested["condition"].values:
        one = rates.sel(condition=condition)
        known = one.where(tested["origin"] == "reference", drop=True).values
        low, middle, high = np.quantile(one.where(tested["origin"] == "learned", drop=True), (0.1, 0.5, 0.9))
        print(f"{condition}: learned {middle:.2f} Hz (10 to 90 %: {low:.2f} to {high:.2f}), known {known.round(2)} Hz")


def main(study: Study) -> None:
    """Run the study, print what it finds and write the table of rules."""
    done, seconds = whole_study(study)
    table, together = rules_table(done), sum(seconds.values())
    print_rules(study, table)
    print_cloud(done[analysis_of("degeneracy")])
    print_conditions(done[analysis_of("generalisation")])
    print("CPU seconds:", {part: round(own) for part, own in seconds.items()}, "together", round(together))
    described = attributes_of(study, "search", "evaluation", cpu_seconds=together)
    datasets.write(table, FITNESS, RESULTS / "tuned_inhibition.nc", described)


if __name__ == "__main__":
    main(project.load_study("tuned_inhibition"))
