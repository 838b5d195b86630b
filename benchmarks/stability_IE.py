"""Published rules of stability_IE at published scale, beside the figures of the original program.

    python benchmarks/stability_IE.py [TRIALS]

The original program ran each of its trials with its own draws of input rate, weights and duration, so trials are
compared as sets. Reference: tests/data/stability_IE_trials.json.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import xarray as xr
from files import RESULTS, attributes_of

from synapseek_core import runtime
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.study import Study
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

ROOT = Path(__file__).parents[1]
REFERENCE = json.loads((ROOT / "tests" / "data" / "stability_IE_trials.json").read_text())
INDEX = {"published_generation_5": 5, "published_generation_400": 400}
ROW = "{:>26} {:>9} {:>10} {:>9} {:>9} {:>9}"


def simulate(study: Study, count: int) -> tuple[xr.Dataset, dict[str, float]]:
    """Return the fitness of the published rules, and CPU seconds per biological second and network."""
    rules = RuleTable.from_dataset(RULE_SETS["published"].sample(study.settings, {}).sel(rule=list(INDEX)))
    compute = runtime.Compute(threads=os.cpu_count() or 1)
    # A short run first, so that compilation is not timed.
    short = project.load_study("stability_IE", "published", {"protocol": {"training_time": 0.1, "scoring_time": 0.1}})
    short.task.simulate(RuleTable.of(rules.theta[:1]), Trials(0, ("warm-up",), 1), compute)
    began, cpu_began = time.perf_counter(), time.process_time()
    activity = study.task.simulate(rules, Trials(study.settings.seed, ("evaluation",), count), compute)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    biological = float(activity["stop_time"].sum())
    print(f"{biological:.0f} biological seconds in {seconds:.1f} s, {cpu / biological:.3f} CPU s per biological second")
    fitness = study.task.evaluate(activity).assign(input_rate=activity["input_rate"])
    return fitness, {"wall_seconds": seconds, "cpu_seconds_per_biological_second": cpu / biological}


def table(fitness: xr.Dataset) -> None:
    """Print our trials and the original ones."""
    print(ROW.format("rule", "input/Hz", "loss", "E/Hz", "I/Hz", "w_IE"))
    for name, index in INDEX.items():
        ours = fitness.sel(rule=name)
        for one in (ours.isel(trial=trial) for trial in range(fitness.sizes["trial"])):
            line(name, one["input_rate"], one["loss_of_trial"], *one["rate"].values, one["final_weight_mean"][0])
        line("mean", np.nan, ours["loss"], *ours["rate"].mean("trial").values, ours["final_weight_mean"].mean())
        original = [t for t in REFERENCE if t["rule_index"] == index]
        keys = ("poisson_rate", "loss", "rate_e_score", "rate_i_score", "w_ie")
        for t in original:
            line(f"original, generation {index}", *(t[k] for k in keys))
        line("original, mean", np.nan, *(np.mean([t[k] for t in original]) for k in keys[1:]))


def line(name: str, *values) -> None:
    """Print one row."""
    print(ROW.format(name, *(f"{float(v):.4g}" for v in values)))


def main(count: int) -> None:
    """Simulate the rules in so many trials, print the table and write the fitness."""
    study = project.load_study("stability_IE", "published")
    fitness, timing = simulate(study, count)
    table(fitness)
    device = runtime.describe_device(runtime.choose_backend("auto", "auto"))
    datasets.write(fitness, FITNESS, RESULTS / "stability_IE.nc", attributes_of(study, device=device, **timing))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
