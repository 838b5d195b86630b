"""Families of rules at a small size: what is measured, which constraints are met, what is kept."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from synapseek_core.engine.network import CHUNK_STEPS
from synapseek_core.engine.simulation import simulate
from synapseek_core.errors import ConfigurationError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.measures.plausibility import constraints_met, share, shares_of_constraints, shares_of_groups
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.rule_sets.rule_set import numbered
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.studies import project
from synapseek_core.tasks.recurrent import spiking

TRIALS = Trials(1, ("evaluation",), 2)
CPU = Compute("numba", "cpu", 1)
TINY = {
    "network": {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5, "learning_rate": 0.01},
    "input": {"connection_probability": 0.2},
    "protocol": {"training_time": 0.43, "scoring_time": 0.5},
    "prior": {"samples": 6},
}
REFERENCE = Path(__file__).parent / "data" / "families_polynomial_rules.nc"


def study(name="families_polynomial", **changes):
    return project.load_study(name, "preview", TINY | changes)


@pytest.fixture(scope="module")
def simulated():
    """The study, its rules, their activity with the spikes of rule 2, and their fitness."""
    one = study()
    rules = RULE_SETS["prior"].sample(one.settings, {})
    # A rule that changes nothing, and one that strengthens excitation and weakens inhibition without end.
    up, down = np.array([[0.02, 0.02, 2, 2, 2, 2], [0.02, 0.02, -2, -2, -2, -2]])
    rules["theta"][0] = np.tile([0.02, 0.02, 0, 0, 0, 0], 4)
    rules["theta"][1] = np.concatenate([up, down, down, up])
    rules["keep_spikes"][2] = 1
    activity = one.task.simulate(RuleTable.from_dataset(rules), TRIALS, CPU)
    return one, rules, activity, one.task.evaluate(activity)


def test_metrics_are_of_the_recorded_window(simulated):
    """All neurons are recorded at this size, so that rates are those that the engine counts itself.

    Weights are those of the sampled synapses, as in the published program, of which the file keeps those of rule 2.
    """
    _, _, activity, fitness = simulated
    ended = (activity["status"] == Status.ok).values
    assert ended[0].all()
    for name, population in (("rate", "E"), ("rate_i", "I")):
        counted = activity["window_rate"].sel(population=population).isel(window=0).values
        np.testing.assert_allclose(fitness[name].values[ended], counted[ended], rtol=1e-5)
    spread = activity["rate_sd"].sel(population="E").isel(window=0).values
    np.testing.assert_allclose(fitness["std_rate_spatial"].values[ended], spread[ended], rtol=1e-4)
    stop = float(activity["window_stop"].max())
    for name, kind in (("weef", "EE"), ("weif", "EI"), ("wief", "IE"), ("wiif", "II")):
        sampled = activity["weight_sample"].sel(synapse_type=kind).isel(rule=2)
        last = sampled.sel(weight_time=slice(None, stop + 1e-6)).isel(weight_time=-1)
        np.testing.assert_allclose(fitness[name].values[2], last.mean("synapse"), rtol=1e-5)
    assert ended[2].all()
    assert not fitness[["w_creep", "w_blow"]].isel(rule=0).to_array().any()


def test_loss_is_the_share_of_constraints_that_are_not_met(simulated):
    one, _, activity, fitness = simulated
    stopped = (activity["status"] != Status.ok).values
    assert stopped[1].all()
    assert (fitness["loss_of_trial"].values[stopped] == 1).all()
    assert np.isnan(fitness["rate"].values[stopped]).all()
    group = [name for name, own in one.settings.plausible.items() for _ in own]
    assert fitness["constraint_group"].values.tolist() == group
    counted = 1 - fitness["meets"].values.sum(axis=-1) / len(group)
    np.testing.assert_allclose(fitness["loss_of_trial"], counted)


def test_every_rule_meets_trials_of_its_own(simulated):
    """A rule that changes nothing, from two first trials on: two input rates, as drawn; one of so many draws."""
    one = study(evaluation={"draws": 4, "trials": 3})
    drawn = RuleTable.from_dataset(numbered(one.settings, np.zeros((20, len(one.settings.rule_space.names))), "round"))
    trials = Trials(1, ("evaluation",), 3)
    numbers = [[trial for trial, _ in own] for own in one.task.simulator.meetings(drawn, trials).asked]
    assert {len(set(own)) for own in numbers} == {3}
    assert {trial for own in numbers for trial in own} == set(range(4))
    renamed = replace(drawn, names=tuple(f"other_{k}" for k in range(20)))
    assert one.task.simulator.meetings(renamed, trials).asked == one.task.simulator.meetings(drawn, trials).asked
    _, rules, activity, _ = simulated
    assert activity["input_rate"].dims == ("rule", "trial")
    assert len(np.unique(activity["input_rate"])) > 4
    low, high = 5.0, 15.0
    assert ((activity["input_rate"] >= low) & (activity["input_rate"] <= high)).all()
    theta = rules["theta"].values[[0, 0]]
    both = one.task.simulate(RuleTable.of(theta), Trials(1, ("evaluation",), 1), CPU)
    order = np.argsort(both["input_rate"].values[:, 0])
    assert np.diff(both["window_rate"].sel(population="E").values[order, 0, 0]) > 0


def test_spikes_of_kept_rules_in_the_window_are_kept(simulated, tmp_path):
    """And what is stored without the other rules' time courses is enough to evaluate."""
    one, _, activity, fitness = simulated
    assert set(activity["spike_rule"].values) == {2}
    assert activity["spike_time"].min() >= 0.4
    datasets.write(one.task.simulator.stored(activity, [2]), one.task.activity_contract, tmp_path / "activity.nc", {})
    back = one.task.evaluate(datasets.read(tmp_path / "activity.nc", one.task.activity_contract))
    datasets.write(back, FITNESS, tmp_path / "fitness.nc", {})
    for name in fitness.data_vars:
        np.testing.assert_array_equal(back[name], fitness[name])


def test_a_rule_does_not_depend_on_the_batch(simulated):
    one, rules, activity, _ = simulated
    alone = one.task.simulate(RuleTable.from_dataset(rules.isel(rule=[3])), TRIALS, CPU)
    for name in (n for n in activity.data_vars if str(n).startswith("metric_")):
        np.testing.assert_array_equal(alone[name].values[0], activity[name].values[3])
    assert alone.sizes["spike"] == 0


@pytest.mark.parametrize("backend", ["numba", pytest.param("jax", marks=pytest.mark.slow)])
def test_spikes_are_those_of_a_whole_recording(simulated, backend):
    """In the chunks that the window, from 0.43 to 0.93 s, reaches into."""
    one, rules, _, _ = simulated
    network = spiking.build_network(one.settings, one.settings.protocol.bounds)
    trial, _ = one.task.simulator.build_trial(TRIALS, 0, None)
    theta = one.settings.rule_space.as_simulated(rules["theta"].values[[0, 2]])
    part = spiking.recording(one.settings, [0, 1])
    kept, all_spikes = (
        [one_rule.spikes for (one_rule,) in simulate(network, [trial], theta, recording, Compute(backend, "cpu", 1))]
        for recording in (part, replace(part, spikes_in_windows=False))
    )
    for spikes, complete in zip(kept, all_spikes, strict=True):
        assert len(spikes)
        np.testing.assert_array_equal(spikes, complete[complete[:, 0] >= 4 * CHUNK_STEPS])


def test_static_types_have_the_weights_of_the_trial():
    one = study("families_mlp", network=TINY["network"] | {"weight": {"EI": 0.07}})
    theta = np.zeros((1, len(one.settings.rule_space.names)))
    fitness = one.task.evaluate(one.task.simulate(RuleTable.of(theta), Trials(1, ("evaluation",), 1), CPU))
    assert fitness["weif"].item() == pytest.approx(0.07)
    assert fitness["wiif"].item() == 1


def test_shares_of_rules():
    """A rule counts if it meets a constraint in every trial; Wilson's interval of 1 in 4."""
    metrics = xr.Dataset(
        {
            "rate": (("rule", "trial"), [[10.0, 10.0], [10.0, np.nan], [60.0, 60.0], [1.0, 50.0]]),
            "rate_i": (("rule", "trial"), [[10.0, 10.0], [10.0, 10.0], [10.0, 10.0], [0.5, 50.0]]),
            "w_blow": (("rule", "trial"), [[0.0, 0.1], [0.2, 0.2], [0.2, 0.2], [0.2, 0.2]]),
        }
    )
    met = constraints_met(metrics, {"activity": {"rate": (1, 50), "rate_i": (1, 50)}, "weights": {"w_blow": (0, 0.1)}})
    assert {name: one.value for name, one in shares_of_constraints(met).items()} == {
        "rate": 0.5,
        "rate_i": 0.75,
        "w_blow": 0.25,
    }
    groups = shares_of_groups(met)
    assert {name: one.value for name, one in groups.items()} == {"activity": 0.25, "weights": 0.25, "all": 0.25}
    z, n, p = 1.959964, 4, 0.25
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    assert (groups["all"].low, groups["all"].high) == pytest.approx((low, high))
    assert share(np.zeros(3, bool)).low == 0


def test_ranges_are_settings_of_the_loss_alone():
    """Other ranges score the same simulations anew."""
    wider = study(plausible={"stable_activity": {"rate": [0.0, 80.0]}})
    assert wider.settings.plausible["stable_activity"] == {"rate": (0.0, 80.0), "rate_i": (1.0, 50.0)}
    assert wider.settings.simulated() == study().settings.simulated()
    assert wider.settings.scored() != study().settings.scored()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"plausible": {"more": {"rates": [0, 1]}}}, "unknown metric 'rates'; allowed: rate, rate_i"),
        ({"plausible": {"more": {"rate": [0, 1]}}}, "the metric rate is in several groups; allowed: each once"),
        ({"plausible": {"more": {"kl_isi": [1, 0]}}}, "allowed: [low, high]"),
        ({"plausible": {"all": {"kl_isi": [0, 1]}}}, "allowed: another name"),
        ({"plausible": {"more": {}}}, "at least 1"),
        ({"protocol": {"scoring_time": 0.15}}, "shorter than two recording.weight_interval"),
        ({"recording": {"excitatory": 0}}, "greater than or equal to 1"),
    ],
)
def test_wrong_settings_are_refused(changes, message):
    with pytest.raises(ConfigurationError) as error:
        study(**changes)
    assert message in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_hand_made_rules_at_published_scale(number):
    """Rates, weights and irregularity of the original program, which ran once (tolerances: a few of its seeds' sd).

    It gives the rates of all neurons; metrics are of some, and inhibitory neurons fire at very different rates.
    """
    reference = xr.load_dataset(REFERENCE).isel(rule=number)
    one = project.load_study(
        "families_polynomial",
        "published",
        {"input": {"rate": float(reference["input_rate"])}, "protocol": {"training_time": 10}},
    )
    theta = reference["theta"].values.reshape(1, -1)
    activity = one.task.simulate(RuleTable.of(theta), Trials(1, ("evaluation",), 1), CPU)
    fitness, (rate, rate_i) = one.task.evaluate(activity), reference["rate"].values
    assert activity["window_rate"].values.ravel() == pytest.approx((rate, rate_i), rel=0.05)
    assert fitness["rate"].item() == pytest.approx(rate, rel=0.05)
    assert fitness["rate_i"].item() == pytest.approx(rate_i, rel=0.15)
    assert fitness["cv_isi"].item() == pytest.approx(float(reference["cv_isi"]), rel=0.05)
    assert fitness["wief"].item() == pytest.approx(float(reference["weight_mean"].sel(synapse_type="IE")), rel=0.03)
