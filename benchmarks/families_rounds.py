"""Rounds of inference at published scale: how many rules keep a network plausible, and at what cost.

    python benchmarks/families_rounds.py [MINUTES]

goes on where it stopped, a batch of rules at a time, until the rounds are done or the minutes are over. Files in
results/families_polynomial/: {rules,posterior,fitness}_<round>.nc; of all finished rounds families_rounds.nc and the
figures of shares and of calibration; of the best rules of the last round challenges_<round>.nc, as they go on for 20
minutes and with each of their synapse types frozen, and the figure of that. Published shares of families_mlp, prior
then final round: stable activity 0.23, 0.78; stable weights 0.0002, 0.29; asynchronous irregular 0.034, 0.74.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import xarray as xr
from files import RESULTS, attributes_of

from synapseek_core import runtime
from synapseek_core.analysis.families import families
from synapseek_core.figures.figure import save
from synapseek_core.files import datasets
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.inference import CHALLENGES, FAMILIES, POSTERIOR
from synapseek_core.files.contracts.rules import FITNESS, RULES
from synapseek_core.interfaces.study import EVALUATION
from synapseek_core.measures.plausibility import shares_of_groups
from synapseek_core.pipeline.results import Need, analysis_of, fitness_of, posterior_of, rules_of
from synapseek_core.pipeline.run import Run, run
from synapseek_core.pipeline.work.score import score_batches
from synapseek_core.pipeline.work.simulate import simulate_batch
from synapseek_core.rule_sets.catalogue import inferred_rounds, rounds_before
from synapseek_core.studies import project

FOLDER = RESULTS / "families_polynomial"
FURTHER = {"samples": 150, "filter": ["stable_activity"], "target": ["stable_activity", "stable_weights"]}
"""Rounds that ask for what the second asked for, of more rules to learn from."""

ROUNDS = {
    "round_1": {"samples": 100, "missed": 0.5},
    "round_2": {"samples": 150, "missed": 0.5},
    "round_3": FURTHER | {"missed": 0.8},
    "round_4": FURTHER | {"missed": 0.9},
    "round_5": FURTHER | {"missed": 0.9},
}
BATCH = 10
STUDY = project.load_study("families_polynomial", "published", {"inference": {"rounds": ROUNDS}})
INFERRED = inferred_rounds(STUDY.settings)
COMPUTE = runtime.Compute("numba", "cpu", os.cpu_count() or 1)
DRAWN = ("plausibility", "calibration", "free_directions")
"""Figures of the finished rounds."""


def file_of(contract: Contract, name: str) -> Path:
    """Return the file of a result."""
    return FOLDER / f"{contract.kind}_{name}.nc"


def write(dataset: xr.Dataset, contract: Contract, name: str) -> None:
    """Write a result to its file."""
    device = runtime.simulating_device("numba", "cpu")
    attributes = attributes_of(STUDY, "prior", "evaluation", "inference", "examples", device=device)
    datasets.write(dataset, contract, file_of(contract, name), attributes)


def put(done: Run, need: Need, dataset: xr.Dataset) -> None:
    """Put a result where all that needs it finds it."""
    (result,) = done.graph.results(need, STUDY.name)
    done.made[result] = dataset


def keep(done: Run, need: Need, contract: Contract, name: str) -> None:
    """Take a result from its file, or make and write it."""
    if not file_of(contract, name).exists():
        write(done[need], contract, name)
    put(done, need, datasets.read(file_of(contract, name), contract))


def fitness_of_batch(rules: xr.Dataset) -> xr.Dataset:
    """Return the fitness of some rules, with the wall and CPU seconds that each took on average."""
    condition, count = STUDY.conditions[EVALUATION], rules.sizes["rule"]
    began, cpu_began = time.perf_counter(), time.process_time()
    fitness = score_batches(condition, [simulate_batch(condition, rules, None, COMPUTE)])
    spent = {"wall_seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu_began}
    for name, seconds in spent.items():
        attributes = {"units": "s", "long_name": f"{name.replace('_', ' ')} a rule, mean over its batch"}
        fitness[name] = ("rule", np.full(count, seconds / count), attributes)
    return fitness


def screen(name: str, rules: xr.Dataset, until: float) -> bool:
    """Simulate what is missing of a round, as long as there is time, and return whether all is there."""
    path = file_of(FITNESS, name)
    parts = [datasets.read(path, FITNESS)] if path.exists() else []
    for first in range(sum(part.sizes["rule"] for part in parts), rules.sizes["rule"], BATCH):
        if time.time() > until:
            return False
        parts = [datasets.join_rules([*parts, fitness_of_batch(rules.isel(rule=slice(first, first + BATCH)))])]
        write(parts[0], FITNESS, name)
        print(f"{name}: {parts[0].sizes['rule']} of {rules.sizes['rule']} rules", flush=True)
    return True


def report(name: str) -> None:
    """Print the shares of plausible rules of a round, and what a rule took."""
    fitness = datasets.read(file_of(FITNESS, name), FITNESS)
    ended = (fitness["status"] == 0).mean().item()
    wall, cpu = (fitness[key].mean().item() for key in ("wall_seconds", "cpu_seconds"))
    print(f"{name}: {fitness.sizes['rule']} rules, {ended:.2f} not stopped; a rule took {wall:.1f} s, {cpu:.1f} CPU s")
    for group, one in shares_of_groups(fitness).items():
        print(f"  {group:24}{one.value:8.4f}  ({one.low:.4f}-{one.high:.4f})")


def finish_round(done: Run, name: str, until: float) -> bool:
    """Go on with a round, and return whether it is finished."""
    if name in INFERRED:
        keep(done, posterior_of(name), POSTERIOR, name)
    keep(done, rules_of(name), RULES, name)
    complete = screen(name, done[rules_of(name)], until)
    if file_of(FITNESS, name).exists():
        report(name)
    if complete:
        put(done, fitness_of(name), datasets.read(file_of(FITNESS, name), FITNESS))
    return complete


def summarise(done: Run, finished: list[str]) -> None:
    """Write all rules of the finished rounds as one set, and draw its figures."""
    rules, fitness = ({name: done[need(name)] for name in finished} for need in (rules_of, fitness_of))
    posteriors = {name: done[posterior_of(name)] for name in finished if name in INFERRED}
    result = families(STUDY.settings, rules, fitness, posteriors, {})
    write(result, FAMILIES, "rounds")
    put(done, analysis_of("families"), result)
    for name in DRAWN:
        draw(done, name)


def draw(done: Run, name: str) -> None:
    """Draw a figure beside the files."""
    save(done.figure(name), [str(FOLDER / f"{name}.png")], "published")


def challenge(done: Run) -> None:
    """Let the best rules of the last round go on for 20 minutes, and with one synapse type frozen."""
    keep(done, analysis_of("challenges"), CHALLENGES, INFERRED[-1])
    draw(done, "endurance")


def main(minutes: float) -> None:
    """Go on with the rounds."""
    runtime.enable_compile_cache()
    done, until, finished = run(STUDY, (), COMPUTE), time.time() + 60 * minutes, []
    for name in rounds_before(STUDY.settings):
        if not finish_round(done, name, until):
            break
        finished.append(name)
    if finished:
        summarise(done, finished)
    if finished == rounds_before(STUDY.settings):
        challenge(done)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else float("inf"))
