"""Plans of time and storage against what was measured, and the storage budget of a rule at published scale."""

import numpy as np
import pytest
import xarray as xr

from synapseek_core.files import datasets
from synapseek_core.interfaces import costs
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.studies import project
from synapseek_core.studies.registry import STUDIES
from synapseek_core.tasks.recurrent import spiking

BUDGET = 50e3
"""Bytes of a rule's statistics in all of its evaluation trials, at published scale."""


def timed_network(neurons, inhibitory, probability, rates, input_rate, plastic):
    """The network of a case of benchmarks/engine.nc, at the rates that it had."""
    sizes, rate = {"E": neurons, "I": inhibitory}, dict(zip("EI", rates, strict=True))
    synapses = {kind: sizes[kind[0]] * sizes[kind[1]] * probability for kind in spiking.SYNAPSE_TYPES}
    inputs = 5000 * (neurons + inhibitory) * 0.05

    def events(kinds):
        return sum(synapses[kind] * rate[kind[0]] for kind in kinds)

    static = [kind for kind in synapses if kind not in plastic]
    changing, fixed = sum(synapses[kind] for kind in plastic), sum(synapses[kind] for kind in static) + inputs
    return costs.SpikingNetwork(
        neurons=neurons + inhibitory,
        inputs=5000,
        input_rate=input_rate,
        plastic=changing,
        plastic_rate=events(plastic) / changing,
        static=fixed,
        static_rate=(events(static) + inputs * input_rate) / fixed,
        effort=1.0,
    )


CASES = {
    "four types, lazy": (4096, 1024, 0.1, 10.0),
    "growth: 1024 + 256 neurons, p = 0.1": (1024, 256, 0.1, 10.0),
    "growth: 2048 + 512 neurons, p = 0.1": (2048, 512, 0.1, 10.0),
    "growth: 4096 + 1024 neurons, p = 0.05": (4096, 1024, 0.05, 10.0),
    "growth: 8192 + 2048 neurons, p = 0.05": (8192, 2048, 0.05, 10.0),
    "input at 5 Hz": (4096, 1024, 0.1, 5.0),
    "input at 20 Hz": (4096, 1024, 0.1, 20.0),
    "stability_IE (building included)": (8000, 2000, 0.02, 3.5),
}


@pytest.mark.parametrize("case", CASES)
def test_coefficients_give_the_measured_times(case, request):
    table = xr.load_dataset(request.config.rootpath / "benchmarks" / "results" / "engine.nc")
    row = table.isel(case=int(np.flatnonzero(table["case"].values == f"{case}, B = 1")[0]))
    plastic = ("IE",) if case.startswith("stability") else spiking.SYNAPSE_TYPES
    network = timed_network(*CASES[case][:3], (float(row["rate_e"]), float(row["rate_i"])), CASES[case][3], plastic)
    assert network.core_seconds == pytest.approx(float(row["cpu_seconds"]), rel=0.16)


def statistics_storage(study):
    """Bytes that one more rule adds, of which only statistics are kept."""
    trials = study.settings.evaluation.trials
    return study.task.simulator.cost(2, trials).storage - study.task.simulator.cost(1, trials).storage


@pytest.mark.parametrize("name", STUDIES)
def test_planned_statistics_of_a_rule_keep_the_budget(name):
    assert 0 < statistics_storage(project.load_study(name, "published")) < BUDGET


def size_of(study, rules, kept, tmp_path):
    """Bytes of an activity file."""
    prior = RULE_SETS["prior"].sample(study.settings, {}).isel(rule=slice(rules))
    table = RuleTable.of(prior["theta"].values, kept=kept)
    activity = study.task.simulate(table, Trials(1, ("evaluation",), 2), Compute("numba", "cpu", 1))
    stored = study.task.simulator.stored(activity, kept)
    datasets.write(stored, study.task.activity_contract, tmp_path / "activity.nc", {})
    back = datasets.read(tmp_path / "activity.nc", study.task.activity_contract)
    for variable, values in study.task.evaluate(activity).data_vars.items():
        if "step" not in values.dims:
            np.testing.assert_array_equal(study.task.evaluate(back)[variable], values)
    return (tmp_path / "activity.nc").stat().st_size


SMALL = {"network": {"excitatory": 400, "inhibitory": 100, "connection_probability": 0.2}}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("stability_IE", SMALL | {"protocol": {"training_time": 8}}),
        ("familiarity_EE_IE", SMALL | {"protocol": {"training_time": 3}}),
        ("tuned_inhibition", {}),
        ("pca_network", {}),
    ],
)
def test_file_is_as_large_as_planned(name, changes, tmp_path):
    """Published recording and scored time; the statistics that are kept are enough to evaluate."""
    study = project.load_study(name, "published", changes | {"prior": {"samples": 9}})
    one, nine = (size_of(study, rules, (), tmp_path) for rules in (1, 9))
    added = (nine - one) / 8
    planned = statistics_storage(study) * 2 / study.settings.evaluation.trials
    assert 0.2 * planned < added < 1.1 * planned
    whole = size_of(study, 9, range(9), tmp_path)
    assert nine < whole < 1.5 * study.task.simulator.cost(9, 2, 9).storage


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stability_IE", "familiarity_IE"])
def test_statistics_of_a_rule_at_published_scale_keep_the_budget(name, tmp_path):
    study = project.load_study(name, "published", {"prior": {"samples": 2}})
    added = size_of(study, 2, (), tmp_path) - size_of(study, 1, (), tmp_path)
    print(f"{name}: {added * study.settings.evaluation.trials / 2:.0f} bytes a rule")
    assert added * study.settings.evaluation.trials / 2 < BUDGET
