"""What does it save to end a trial once its rate has left the plausible range, and which rules are wrongly refused?

    python benchmarks/early_ends.py [--rules 60] [--study families_polynomial]

Prior rules of a study of families at published scale, each in the same trial twice, the two interleaved: with the rate
bounds of the study, and with the plausible range of the excitatory rate as bounds (`protocol.lowest_rate` and
`highest_rate`, of the rate filtered with 1 s). A rule that meets a group of constraints under the study's bounds and
does not when it is ended early is wrongly refused.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict

import numpy as np
import xarray as xr
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.study import EVALUATION, Study
from synapseek_core.measures.plausibility import meets_groups
from synapseek_core.pipeline.work.score import score_batches
from synapseek_core.pipeline.work.simulate import simulate_batch
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.status import Status
from synapseek_core.studies import project
from synapseek_core.tasks.recurrent.families.settings import PLAUSIBLE

BATCH = 4
COLUMNS = [
    Column("lowest", "Hz", "trials end below this filtered excitatory rate"),
    Column("highest", "Hz", "trials end above this filtered excitatory rate"),
    Column("stopped", "1", "share of the rules that were ended before their time"),
    Column("cpu", "s", "CPU time of a rule, mean"),
    Column("stable", "1", "rules that meet all constraints on the rates"),
    Column("stable_lost", "1", "rules that meet them under the study's bounds, and were ended here"),
    Column("all_lost", "1", "the same, of those that meet all constraints"),
]


def bounded(name: str, bounds: dict[str, float]) -> Study:
    """Return the study with these bounds of the rate."""
    return project.load_study(name, "published", {"protocol": bounds})


def fitness(study: Study, rules: xr.Dataset) -> tuple[xr.Dataset, float]:
    """Return the fitness of some rules, and the CPU seconds that they took."""
    condition = study.conditions[EVALUATION]
    began = time.process_time()
    scores = score_batches(condition, [simulate_batch(condition, rules, None, runtime.Compute("numba", "cpu", 1))])
    return scores, time.process_time() - began


def main(name: str, count: int) -> None:
    """Simulate the rules under both bounds and write the table after every batch."""
    own = project.load_study(name, "published")
    low, high = own.settings.plausible["stable_activity"]["rate"]
    protocol = own.settings.protocol
    cases = {
        "the study's bounds": {"lowest_rate": protocol.lowest_rate, "highest_rate": protocol.highest_rate},
        "too high a rate ends": {"lowest_rate": protocol.lowest_rate, "highest_rate": high},
        "any implausible rate ends": {"lowest_rate": low, "highest_rate": high},
    }
    studies = {case: bounded(name, bounds) for case, bounds in cases.items()}
    rules = RULE_SETS["prior"].sample(own.settings, {}).isel(rule=slice(count))
    for study in studies.values():
        fitness(study, rules.isel(rule=slice(1)))  # so that compilation is not timed
    seconds: dict[str, float] = defaultdict(float)
    found: dict[str, list[xr.Dataset]] = defaultdict(list)
    for first in range(0, rules.sizes["rule"], BATCH):
        for case, study in studies.items():
            scores, spent = fitness(study, rules.isel(rule=slice(first, first + BATCH)))
            seconds[case] += spent
            found[case].append(scores)
        save(name, cases, {case: join_rules(parts) for case, parts in found.items()}, seconds)


def save(
    name: str, cases: dict[str, dict[str, float]], scores: dict[str, xr.Dataset], seconds: dict[str, float]
) -> None:
    """Print and write the table of the rules so far."""
    table = Table(COLUMNS)
    stable = {case: meets_groups(one, ["stable_activity"]).all(1) for case, one in scores.items()}
    whole = {case: meets_groups(one, list(PLAUSIBLE)).all(1) for case, one in scores.items()}
    first = next(iter(cases))
    for case, bounds in cases.items():
        stopped = (scores[case]["status"] != Status.ok).any("trial").values
        table.add(
            f"{name}, {len(stopped)} rules: {case}",
            *bounds.values(),
            stopped.mean(),
            seconds[case] / len(stopped),
            stable[case].sum(),
            np.sum(stable[first] & ~stable[case]),
            np.sum(whole[first] & ~whole[case]),
        )
    table.save("early_ends", runtime.describe_device("numba"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What early ends of trials save, and whom they refuse wrongly")
    parser.add_argument("--rules", type=int, default=60, help="number of prior rules")
    parser.add_argument("--study", default="families_polynomial", help="a study of families")
    arguments = parser.parse_args()
    main(arguments.study, arguments.rules)
