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
from synapseek_core.rule_sets.origins import ORIGINS

from synapseek_core import runtime
from synapseek_core.files import datasets, provenance
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

ROOT = Path(__file__).parents[1]
REFERENCE = json.loads((ROOT / "tests" / "data" / "stability_IE_trials.json").read_text())
INDEX = {"published_generation_5": 5, "published_generation_400": 400}


def simulate(count: int):
    """Fitness, and CPU seconds per biological second and network."""
    study = project.load_study("stability_IE", "published")
    rules = ORIGINS["published"].sample(study.settings, {}).sel(rule=list(INDEX))
    compute = runtime.Compute(threads=os.cpu_count() or 1)
    trials = Trials(study.settings.seed, ("evaluation",), count)
    # A short run first, so that compilation is not timed.
    short = project.load_study("stability_IE", "published", {"protocol": {"training_time": 0.1, "scoring_time": 0.1}})
    short.task.simulate(rules["theta"].values[:1], ["warm-up"], Trials(0, ("warm-up",), 1), compute)
    began, cpu_began = time.perf_counter(), time.process_time()
    activity = study.task.simulate(rules["theta"].values, list(INDEX), trials, compute)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    biological = float(activity["stop_time"].sum())
    fitness = study.task.evaluate(activity)
    fitness = fitness.assign(input_rate=activity["input_rate"])
    print(f"{biological:.0f} biological seconds in {seconds:.1f} s, {cpu / biological:.3f} CPU s per biological second")
    return study, fitness, {"wall_seconds": seconds, "cpu_seconds_per_biological_second": cpu / biological}


def table(fitness) -> None:
    """Print our trials and the original ones."""
    row = "{:>26} {:>9} {:>10} {:>9} {:>9} {:>9}"
    print(row.format("rule", "input/Hz", "loss", "E/Hz", "I/Hz", "w_IE"))
    for name, index in INDEX.items():
        ours = fitness.sel(rule=name)
        for trial in range(fitness.sizes["trial"]):
            one = ours.isel(trial=trial)
            print(
                line(
                    row, name, one["input_rate"], one["loss_of_trial"], *one["rate"].values, one["final_weight_mean"][0]
                )
            )
        print(
            line(
                row, "mean", np.nan, ours["loss"], *ours["rate"].mean("trial").values, ours["final_weight_mean"].mean()
            )
        )
        original = [t for t in REFERENCE if t["rule_index"] == index]
        keys = ("poisson_rate", "loss", "rate_e_score", "rate_i_score", "w_ie")
        for t in original:
            print(line(row, f"original, generation {index}", *(t[k] for k in keys)))
        print(line(row, "original, mean", np.nan, *(np.mean([t[k] for t in original]) for k in keys[1:])))


def line(row: str, name: str, *values) -> str:
    """One formatted row."""
    return row.format(name, *(f"{float(v):.4g}" for v in values))


if __name__ == "__main__":
    study, fitness, timing = simulate(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    table(fitness)
    attributes = provenance.provenance(
        study.name,
        "benchmark",
        [],
        study.settings.sections(),
        study.scale,
        provenance.code_digest(__file__),
        study.settings.references,
    )
    device = {"device": runtime.describe_device(runtime.choose_backend("auto", "auto"))}
    path = Path(__file__).parent / "results" / "stability_IE.nc"
    datasets.write(fitness, FITNESS, path, attributes | device | timing)
