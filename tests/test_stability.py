"""The stability task at a small size: loss, statuses, common random numbers; and at published scale, against C25."""

import json
from pathlib import Path

import numpy as np
import pytest

from synapseek_core.analysis.parts.mean_field_rate import predicted_rate
from synapseek_core.files import datasets
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.studies import project

TRIALS = Trials(1, ("evaluation",), 3)
NAMES = ["learned", "potentiating", "depressing", "broken"]


@pytest.fixture(scope="module")
def study():
    return project.load_study("stability_IE", "preview", {"protocol": {"training_time": 4, "scoring_time": 1}})


@pytest.fixture(scope="module")
def activity(study):
    final = RULE_SETS["published"].sample(study.settings, {})["theta"].values[-1]
    theta = np.array([final, [0.01, 0.01, 1, 0, 0, 0], [0.01, 0.01, -1, 0, 0, 0], [np.nan] * 6])
    return study.task.simulate(RuleTable.of(theta, NAMES, [0]), TRIALS, Compute("numba", threads=2))


def test_statuses_are_data_and_the_loss_is_finite(study, activity):
    fitness = study.task.evaluate(activity)
    assert (fitness["status"].sel(rule="learned") == Status.ok).all()
    assert (fitness["status"].sel(rule="depressing") == Status.runaway).all()
    assert (fitness["status"].sel(rule="broken") == Status.non_finite).all()
    assert np.isfinite(fitness["loss"]).all()
    assert fitness["loss"].sel(rule="learned") < 0.5 < fitness["loss"].sel(rule="potentiating")


def test_loss_of_a_stopped_trial_is_the_published_formula(study, activity):
    fitness = study.task.evaluate(activity).sel(rule="depressing")
    stop, duration = activity["stop_time"].sel(rule="depressing"), activity["duration"]
    np.testing.assert_allclose(fitness["loss_of_trial"], 160 * (np.exp(-stop / duration) + 1), rtol=1e-6)


def test_loss_of_a_whole_trial_is_the_mean_over_the_scored_window(study, activity):
    rate = activity["filtered_rate"].sel(rule="learned").isel(trial=0).values
    scored = rate[(activity["rate_time"].values > 4.0 + 1e-6) & (activity["rate_time"].values <= 5.0 + 1e-6)]
    assert len(scored) == 100
    expected = np.mean((scored - 10) ** 2 / (scored + 2))
    assert float(study.task.evaluate(activity)["loss_of_trial"].sel(rule="learned")[0]) == pytest.approx(expected)


def test_filtered_rate_is_the_filter_of_the_counts(activity):
    """The filter sees spikes after the axonal delay; in 10 ms bins this shifts less than a spike or two."""
    run = activity.sel(rule="learned").isel(trial=0)
    state, filtered = 50.05, []
    for rate in run["rate"].sel(population="E").values:
        state = state * np.exp(-0.01) + rate * 0.01
        filtered.append(state)
    np.testing.assert_allclose(run["filtered_rate"], filtered, atol=0.5)


def test_spike_trains_are_kept_for_the_chosen_rule_and_agree_with_the_rate(study, activity):
    assert set(activity["spike_rule"].values) == {0}
    kept = study.settings.recording
    spikes = activity.sel(rule="learned")
    excitatory = (spikes["spike_neuron"] < study.settings.network.excitatory) & (spikes["spike_trial"] == 0)
    measured = float(excitatory.sum()) / kept.excitatory / 5.0
    assert measured == pytest.approx(float(spikes["rate"].sel(population="E").isel(trial=0).mean()), rel=0.25)


def test_rules_share_trials_and_do_not_depend_on_the_batch(study, activity):
    theta = RuleTable.of(activity_theta(study)[None])
    alone = study.task.simulate(theta, TRIALS, Compute("numba"))
    np.testing.assert_array_equal(alone["rate"].values[0], activity["rate"].sel(rule="learned"))
    fewer = study.task.simulate(theta, Trials(1, ("evaluation",), 1), Compute("numba"))
    np.testing.assert_array_equal(fewer["rate"].values[0, 0], activity["rate"].sel(rule="learned")[0])


def activity_theta(study):
    return RULE_SETS["published"].sample(study.settings, {})["theta"].values[-1]


def test_activity_keeps_its_contract(activity, tmp_path):
    datasets.write(activity, SPIKING_ACTIVITY, tmp_path / "a.nc", {})
    back = datasets.read(tmp_path / "a.nc", SPIKING_ACTIVITY)
    assert back["rate"].dims == ("rule", "trial", "population", "rate_time")


def test_mean_field_rate_of_the_published_rule(study, activity):
    fitness = study.task.evaluate(activity)
    rate = predicted_rate(study, np.tile(activity_theta(study), (4, 1)), fitness)[0]
    assert rate == pytest.approx(fitness["rate"].sel(rule="learned", population="E").values, rel=0.15)


@pytest.mark.slow
def test_published_rules_at_published_scale():
    """The final published rule holds 10 Hz; the one after generation 5 does so badly (Confavreux et al. 2025)."""
    study = project.load_study("stability_IE", "published")
    rules = RULE_SETS["published"].sample(study.settings, {}).isel(rule=[1, 2])
    trials = Trials(study.settings.seed, ("evaluation",), 10)
    table = RuleTable.of(rules["theta"].values, ["generation_5", "final"])
    activity = study.task.simulate(table, trials, Compute(threads=2))
    fitness = study.task.evaluate(activity)
    assert fitness["loss"].sel(rule="final") < 0.002
    assert 9.9 < fitness["rate"].sel(rule="final", population="E").mean() < 10.1
    assert 0.15 < fitness["loss"].sel(rule="generation_5") < 0.7
    published = json.loads((Path(__file__).parent / "data" / "stability_IE_trials.json").read_text())
    weights = [t["w_ie"] for t in published if t["rule_index"] == 400]
    assert float(fitness["final_weight_mean"].sel(rule="final").mean()) == pytest.approx(
        np.mean(weights), abs=2 * np.std(weights)
    )


def test_backends_agree_on_the_task():
    """The whole task on the JAX backend, short enough that chaos has not amplified last digits."""
    network = {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5}
    protocol = {"training_time": 0.2, "scoring_time": 0.1}
    tiny = project.load_study("stability_IE", "preview", {"network": network, "protocol": protocol})
    rules, trials = RuleTable.of(activity_theta(tiny)[None], ["final"], [0]), Trials(1, ("evaluation",), 2)
    found = [tiny.task.simulate(rules, trials, Compute(backend)) for backend in ("numba", "jax")]
    assert found[0]["rate"].mean() > 1
    np.testing.assert_allclose(found[0]["rate"], found[1]["rate"], atol=15)
    losses = [float(tiny.task.evaluate(one)["loss"][0]) for one in found]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)
