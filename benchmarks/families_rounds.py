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
from synapseek_core.rule_sets.origins import EXAMPLES, inferred_rounds, origin_of, rounds_before

from synapseek_core import runtime
from synapseek_core.analysis.challenges import challenges
from synapseek_core.analysis.families import families
from synapseek_core.figures.figure import save
from synapseek_core.figures.registry import FIGURES
from synapseek_core.files import datasets, provenance
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.inference import CHALLENGES, FAMILIES, POSTERIOR
from synapseek_core.files.contracts.rules import FITNESS, RULES
from synapseek_core.inference.rounds import fit_round, simulations
from synapseek_core.measures.plausibility import shares_of_groups
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

FOLDER = Path(__file__).parent / "results" / "families_polynomial"
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
COMPUTE = runtime.Compute("numba", "cpu", os.cpu_count() or 1)
DRAWN = ("plausibility", "calibration", "free_directions")
"""Figures of the finished rounds."""


def kept(contract: Contract, name: str, make):
    """A result from its file, or made and written."""
    path = FOLDER / f"{contract.kind}_{name}.nc"
    if not path.exists():
        write(make(), contract, name)
    return datasets.read(path, contract)


def write(dataset, contract: Contract, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    attributes = provenance.provenance(
        "families_polynomial",
        "benchmark",
        [],
        STUDY.settings.sections("prior", "evaluation", "inference", "plausible", "examples"),
        "published",
        provenance.code_digest(Path(__file__)),
        STUDY.settings.references,
        runtime.simulating_device("numba", "cpu"),
    )
    datasets.write(dataset, contract, FOLDER / f"{contract.kind}_{name}.nc", attributes)


def files(contract: Contract, names: list[str]) -> dict:
    """Results of rounds by name."""
    return {name: datasets.read(FOLDER / f"{contract.kind}_{name}.nc", contract) for name in names}


def posterior_of(name: str):
    """The posterior of a round, from all rounds before."""
    settings, before = STUDY.settings, rounds_before(STUDY.settings, name)
    rules, fitness = (list(files(contract, before).values()) for contract in (RULES, FITNESS))
    box = settings.prior_box
    learned_from = simulations(settings.rounds[name], settings.plausible, box, settings.rule_features, rules, fitness)
    return fit_round(settings.inference, name, settings.seed, settings.plausible, box, learned_from)


def simulate(rules):
    """Fitness of a batch of rules, with the wall and CPU seconds that each took on average."""
    trials = Trials(STUDY.settings.seed, ("evaluation",), STUDY.settings.evaluation.trials)
    names = [str(name) for name in rules["rule"].values]
    began, cpu_began = time.perf_counter(), time.process_time()
    fitness = STUDY.task.evaluate(STUDY.task.simulate(rules["theta"].values, names, trials, COMPUTE))
    spent = {"wall_seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu_began}
    for name, seconds in spent.items():
        attributes = {"units": "s", "long_name": f"{name.replace('_', ' ')} a rule, mean over its batch"}
        fitness[name] = ("rule", np.full(len(names), seconds / len(names)), attributes)
    return fitness


def screen(name: str, rules, until: float) -> bool:
    """Simulate what is missing of a round, as long as there is time; whether all is there."""
    path, done = FOLDER / f"fitness_{name}.nc", None
    if path.exists():
        done = datasets.read(path, FITNESS)
    for first in range(0 if done is None else done.sizes["rule"], rules.sizes["rule"], BATCH):
        if time.time() > until:
            return False
        batch = simulate(rules.isel(rule=slice(first, first + BATCH)))
        done = batch if done is None else datasets.join_rules([done, batch])
        write(done, FITNESS, name)
        print(f"{name}: {done.sizes['rule']} of {rules.sizes['rule']} rules", flush=True)
    return True


def report(name: str) -> None:
    fitness = datasets.read(FOLDER / f"fitness_{name}.nc", FITNESS)
    ended = (fitness["status"] == 0).mean().item()
    wall, cpu = (fitness[key].mean().item() for key in ("wall_seconds", "cpu_seconds"))
    print(f"{name}: {fitness.sizes['rule']} rules, {ended:.2f} not stopped; a rule took {wall:.1f} s, {cpu:.1f} CPU s")
    for group, one in shares_of_groups(fitness).items():
        print(f"  {group:24}{one.value:8.4f}  ({one.low:.4f}-{one.high:.4f})")


def summarise(finished: list[str]) -> None:
    """All rules of the finished rounds as one set, and its figures."""
    inferred = [name for name in inferred_rounds(STUDY.settings) if name in finished]
    rules, fitness = files(RULES, finished), files(FITNESS, finished)
    result = families(STUDY.settings, rules, fitness, files(POSTERIOR, inferred))
    write(result, FAMILIES, "rounds")
    for name in DRAWN:
        draw(name, {"families": result})


def draw(name: str, data: dict) -> None:
    save(FIGURES[name].draw(STUDY.settings, data), [str(FOLDER / f"{name}.png")], "published")


def challenge() -> None:
    """The best rules of the last round for 20 minutes, and with one synapse type frozen."""
    last = inferred_rounds(STUDY.settings)[-1]
    learned = {f"{one.kind}/{last}": files(one, [last])[last] for one in (RULES, FITNESS)}
    rules = origin_of(STUDY.settings, EXAMPLES).sample(STUDY.settings, learned)
    fitness = learned[f"fitness/{last}"].sel(rule=rules["rule"])
    result = kept(CHALLENGES, last, lambda: challenges(STUDY.task, rules, fitness, COMPUTE))
    draw("endurance", {"challenges": result})


def main(minutes: float) -> None:
    """Go on with the rounds."""
    runtime.enable_compile_cache()
    until, finished = time.time() + 60 * minutes, []
    for name in rounds_before(STUDY.settings):
        origin = origin_of(STUDY.settings, name)
        needs = {need: kept(POSTERIOR, name, lambda name=name: posterior_of(name)) for need in origin.needs}
        rules = kept(RULES, name, lambda o=origin, n=needs: o.sample(STUDY.settings, n))
        complete = screen(name, rules, until)
        if (FOLDER / f"fitness_{name}.nc").exists():
            report(name)
        if not complete:
            break
        finished.append(name)
    if finished:
        summarise(finished)
    if finished == rounds_before(STUDY.settings):
        challenge()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else float("inf"))
