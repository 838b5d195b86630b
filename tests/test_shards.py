"""Batches of rules as jobs: merged, they are the same bytes whatever their number and order."""

import hashlib
from random import Random

import pytest

from synapseek_core.files import datasets, provenance
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

CHANGES = {
    "network": {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5},
    "protocol": {"training_time": 0.4, "scoring_time": 0.2},
    "prior": {"samples": 8},
}


@pytest.mark.parametrize(("name", "changes"), [("stability_IE", CHANGES), ("oja", {"prior": {"samples": 8}})])
def test_one_three_and_eight_jobs_give_the_same_bytes(name, changes, tmp_path):
    study = project.load_study(name, "preview", changes)
    rules = RULE_SETS["prior"].sample(study.settings, {})
    trials = Trials(study.settings.seed, ("evaluation",), 2)
    digests = {shards: merged(study, rules, trials, shards, tmp_path / str(shards)) for shards in (1, 3, 8)}
    print(name, digests)
    assert len(set(digests.values())) == 1


def merged(study, rules, trials, shards, folder):
    """SHA-256 of the fitness of all rules, from so many batches that are simulated in any order."""
    size = -(-rules.sizes["rule"] // shards)
    starts = range(0, rules.sizes["rule"], size)
    files = [f"{folder}/{k}.nc" for k in range(len(starts))]
    assert len(files) == shards
    for k in Random(1).sample(range(shards), shards):
        batch = rules.isel(rule=slice(starts[k], starts[k] + size))
        activity = study.task.simulate(RuleTable.from_dataset(batch), trials, Compute("numba", "cpu", 1))
        datasets.write(study.task.simulator.stored(activity, []), study.task.activity_contract, files[k], {})
    parts = [study.task.evaluate(datasets.read(file, study.task.activity_contract)) for file in files]
    names = [f"results/{name}" for name in ("activity/0.nc", "activity/1.nc", "activity/2.nc")[:shards]]
    attributes = provenance.provenance(study.name, "score", names, {}, "preview", "0", "")
    datasets.write(datasets.join_rules(parts), FITNESS, folder / "fitness.nc", attributes)
    return hashlib.sha256((folder / "fitness.nc").read_bytes()).hexdigest()
