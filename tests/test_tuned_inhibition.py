"""The tuned-inhibition task: its weights and inputs, loss, statuses, tuning; and that a known rule tunes inhibition."""

import numpy as np
import pytest
from drawn import curves, has_curve, is_same, pair_window, points
from planned import as_many_rules_as_planned

from synapseek_core.errors import ConfigurationError
from synapseek_core.figures.figure import save
from synapseek_core.figures.tuned_inhibition import LAGS
from synapseek_core.files import datasets
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.contracts.rules import DEGENERACY, FITNESS
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.pipeline.results import SearchHistory, activity_of, analysis_of, rules_of
from synapseek_core.pipeline.run import run
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.search.distribution import is_learned
from synapseek_core.search.history import join_runs
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.studies import project
from synapseek_core.tasks.tuned.network import TunedNetwork
from synapseek_core.tasks.tuned.records import tuning_correlation

TRIALS = Trials(1, ("evaluation",), 2)
NAMES = ["vogels", "frozen", "silencing", "broken"]
SHORT = {"protocol": {"training_time": 3.04, "scoring_time": 1}}


@pytest.fixture(scope="module")
def study():
    return project.load_study("tuned_inhibition", changes=SHORT)


@pytest.fixture(scope="module")
def theta(study):
    vogels = RULE_SETS["reference"].sample(study.settings, {})["theta"].values[0]
    return np.array([vogels, [0.02, 0.02, 0, 0, 0, 0], [0.02, 0.02, 2, 0, 0, 0], [np.nan] * 6])


@pytest.fixture(scope="module")
def activity(study, theta):
    return study.task.simulate(RuleTable.of(theta, NAMES, [0]), TRIALS, Compute("numba"))


def network(study, **changes):
    settings = study.settings.network.model_copy(update=changes)
    return TunedNetwork(settings, study.settings.input, TRIALS, 0)


def test_excitatory_weights_are_the_published_profile(study):
    """Vogels et al. 2011: 0.014 (0.3 + 1.1 / (1 + d^4) + noise), largest at the preferred signal of each neuron."""
    one = network(study)
    weights = one.excitatory_weights().reshape(8, 8, 100)
    assert weights.shape == (8, 8, 100)
    for neuron in range(8):
        for signal in range(8):
            distance = min((signal - neuron) % 8, (neuron - signal) % 8)
            low = 0.014 * (0.3 + 1.1 / (1 + distance**4))
            assert weights[neuron, signal].min() >= low
            assert weights[neuron, signal].max() <= low + 0.0014
    tuning = one.tuning(weights.reshape(8, 800))
    assert (one.signal_distance == np.arange(-4, 4)).all()
    assert (tuning.argmax(1) == 4).all()


def test_every_neuron_has_all_inputs_and_plastic_inhibition(study):
    trial = network(study).build((50, 100))
    inhibition, *excitation = trial.projections
    assert [p.name for p in trial.plastic] == ["IE"]
    assert len(inhibition.targets) == 200 * 8
    assert [len(p.targets) for p in excitation] == [800] * 8
    assert trial.spikes.sizes.sum() == 1000


def test_loss_is_the_mean_over_neurons_and_the_scored_second(study, activity):
    run = activity.sel(rule="vogels").isel(trial=1)
    filtered, rate = np.zeros(8), []
    for bins in run["neuron_rate"].transpose("rate_time", "neuron").values:
        filtered = np.exp(-0.01) * filtered + (1 - np.exp(-0.01)) * bins
        rate.append(filtered)
    scored = np.array(rate)[304:404]
    expected = ((scored - 10) ** 2 / (scored + 0.1)).mean()
    fitness = study.task.evaluate(activity)
    assert float(fitness["loss_of_trial"].sel(rule="vogels")[1]) == pytest.approx(expected, rel=1e-5)


def test_rates_of_neurons_agree_with_the_rate_of_the_population(activity):
    run = activity.sel(rule=["vogels", "frozen"])
    np.testing.assert_allclose(run["neuron_rate"].mean("neuron"), run["rate"].sel(population="E"), rtol=1e-5)
    assert set(activity["spike_rule"].values) == {0}


def test_failed_rules_are_data(study, activity):
    fitness = study.task.evaluate(activity)
    assert (fitness["status"].sel(rule="broken") == Status.non_finite).all()
    assert fitness["loss"].sel(rule="broken") == pytest.approx(10**2 / 0.1)
    assert np.isfinite(fitness["loss"]).all()
    assert (fitness["loss"].sel(rule=["silencing", "frozen"]) > 20).all()
    assert fitness["loss"].sel(rule="vogels") < 5
    assert fitness["rate"].sel(rule="silencing").max() < 5 < 50 < fitness["rate"].sel(rule="frozen").min()
    assert np.isnan(fitness["tuning_correlation"].sel(rule="broken")).all()


def test_vogels_rule_tunes_inhibition_like_excitation(study, activity):
    """Vogels et al. 2011, figure 2; a rule without change leaves inhibition flat."""
    fitness = study.task.evaluate(activity)
    assert (fitness["tuning_correlation"].sel(rule="vogels") > 0.85).all()
    np.testing.assert_allclose(fitness["tuning_correlation"].sel(rule="frozen"), 0, atol=1e-6)
    final = activity["inhibitory_tuning"].sel(rule="vogels", weight_time=4.0).mean("trial")
    excitatory = activity["excitatory_tuning"].mean("trial")
    assert final.values.argmax() == excitatory.values.argmax() == 4
    before = activity["inhibitory_tuning"].sel(rule="vogels", weight_time=0.0)
    np.testing.assert_allclose(before, 0.0035, rtol=1e-6)


def test_rules_share_trials_and_do_not_depend_on_the_batch(study, theta, activity):
    alone = study.task.simulate(RuleTable.of(theta[:1]), Trials(1, ("evaluation",), 1), Compute("numba"))
    np.testing.assert_array_equal(alone["neuron_rate"].values[0, 0], activity["neuron_rate"].sel(rule="vogels")[0])


def test_files_keep_their_contracts(study, activity, tmp_path):
    datasets.write(activity, SPIKING_ACTIVITY, tmp_path / "a.nc", {})
    back = datasets.read(tmp_path / "a.nc", SPIKING_ACTIVITY)
    assert back["inhibitory_tuning"].dims == ("rule", "trial", "weight_time", "signal_distance")
    assert back["background_rate"].attrs["units"] == "Hz"
    datasets.write(study.task.evaluate(activity), FITNESS, tmp_path / "f.nc", {})


def test_tuning_correlation_is_pearsons_and_0_without_tuning():
    first, second = np.random.default_rng(0).random((2, 3, 8))
    found = tuning_correlation(first, second)
    np.testing.assert_allclose(found, [np.corrcoef(a, b)[0, 1] for a, b in zip(first, second, strict=True)])
    assert tuning_correlation(np.ones(8), second[0]) == 0


def test_backends_agree_on_the_task(theta):
    """The whole task on the JAX backend, short enough that chaos has not amplified last digits."""
    changes = {
        "protocol": {"training_time": 0.1, "scoring_time": 0.1},
        "network": {"neurons": 2},
        "input": {"signals": 2, "excitatory": 80, "inhibitory": 20, "modulation": 300},
    }
    tiny = project.load_study("tuned_inhibition", changes=changes)
    one = Trials(1, ("evaluation",), 1)
    found = [tiny.task.simulate(RuleTable.of(theta[:1]), one, Compute(backend)) for backend in ("numba", "jax")]
    assert found[0]["neuron_rate"].sum() > 0
    np.testing.assert_array_equal(found[0]["neuron_rate"], found[1]["neuron_rate"])
    np.testing.assert_allclose(found[0]["inhibitory_tuning"], found[1]["inhibitory_tuning"], rtol=1e-4)


def test_groups_must_be_whole():
    with pytest.raises(ConfigurationError, match="inhibitory = 201 must be a multiple of signals = 8"):
        project.load_study("tuned_inhibition", changes={"input": {"inhibitory": 201}})


def test_only_inhibition_is_plastic():
    with pytest.raises(ConfigurationError, match="unknown synapse type 'EE'; allowed: IE"):
        project.load_study("tuned_inhibition", changes={"plasticity": {"synapse_types": ["EE"]}})


SMALL = {
    "protocol": {"training_time": 0.5, "scoring_time": 0.3},
    "search": {
        "cma_es": {"population_size": 4, "generations": 2, "trials": 1, "restarts": 2, "chunk": 2},
        "stein_variational": {"population_size": 4, "particles": 3, "generations": 2, "trials": 1, "restarts": 1},
    },
    "prior": {"samples": 5},
    "evaluation": {"trials": 2},
    "generalisation": {"trials": 1},
    "degeneracy": {"displacements": [0.5], "solved_loss": 1000.0},
}


@pytest.fixture(scope="module")
def small():
    """A whole study at a tiny size, and its results by need."""
    study = project.load_study("tuned_inhibition", changes=SMALL)
    return study, run(study, compute=Compute("numba", "cpu", 2))


def test_every_run_and_particle_learns_a_rule(small):
    _, results = small
    learned = [str(name) for name in results[analysis_of("degeneracy")]["learned"].values]
    assert learned == ["cma_es_0", "cma_es_1", *(f"stein_variational_0_{k}" for k in range(3))]
    datasets.validate(results[analysis_of("degeneracy")], DEGENERACY, "here")


def test_rule_sets_are_as_large_as_planned(small):
    assert as_many_rules_as_planned(small[1])


def test_rules_moved_along_the_manifold_stay_on_it_and_along_its_normal_leave_it(small):
    _, results = small
    result = results[analysis_of("degeneracy")]
    moved = [f"manifold/{name}" for name in results[rules_of("manifold")]["rule"].values]
    distance = result["distance_from_manifold"].sel(rule=moved).values.reshape(6, 3)
    np.testing.assert_allclose(distance[0], [0.5, 0, 0.5], atol=0.1)
    np.testing.assert_allclose(distance[1:], 0, atol=1e-5)
    vogels = result["distance_from_manifold"].sel(rule="reference/vogels_2011")
    assert float(vogels) == pytest.approx(0, abs=1e-6)


def test_conditions_change_what_they_say(small):
    """Stronger inputs raise the mean rate of the inputs; without tuning there is nothing to follow."""
    study, results = small
    rates = results[analysis_of("generalisation")]["input_rate"].isel(trial=0)
    assert rates.sel(condition="weak_input") < rates.sel(condition="broad_tuning") < rates.sel(condition="strong_input")
    assert study.conditions["no_tuning"].settings.network.tuning.peak == 0


def test_figure_shows_losses_windows_tuning_and_rates(small, tmp_path):
    study, results = small
    figure = results.figure("tuned_inhibition")
    save(figure, [tmp_path / "figure.png"], "")
    losses, windows, tuning, rates = figure.axes[:4]
    for run_of_search in join_runs(results[SearchHistory()]):
        for loss in run_of_search["loss_of_mean"].transpose("distribution", ...).values:
            assert has_curve(losses, loss)
    lags = LAGS[LAGS > 0]
    learned = results[rules_of("learned")]
    for theta in learned["theta"].values[is_learned(learned)]:
        assert has_curve(windows, pair_window(theta, lags))
    (known,) = results[activity_of("reference")]
    vogels = known.isel(rule=0)
    final = vogels["inhibitory_tuning"].sel(weight_time=vogels["duration"], method="nearest").mean("trial")
    assert has_curve(tuning, final)
    assert any(line.get_label() == "inhibitory, before" for line in tuning.lines)
    rate = vogels["rate"].sel(population="E").mean("trial").values
    width = round(0.2 / study.settings.recording.bin)
    middle = np.convolve(rate, np.full(width, 1 / width), "valid")
    assert any(is_same(curve[np.isfinite(curve)], middle) for curve in curves(rates))


def test_figure_of_the_manifold_shows_terms_losses_and_rates(small, tmp_path):
    study, results = small
    figure = results.figure("mean_field_manifold")
    save(figure, [tmp_path / "figure.png"], "")
    plane, _, along, tested = figure.axes[:4]
    rate, target = study.settings.mean_field_manifold.presynaptic_rate, study.settings.protocol.target_rate
    tau_pre, tau_post, alpha, beta, gamma, kappa = results[rules_of("prior")]["theta"].values.T
    assert has_curve(plane, (gamma * tau_pre + kappa * tau_post) * rate * target)
    assert any(is_same(line.get_xdata(), alpha * rate + beta * target) for line in plane.lines)
    for profile in results[analysis_of("degeneracy")]["loss_along_manifold"]:
        assert has_curve(along, profile.values)
    rates = results[analysis_of("generalisation")]["rate"].sel(population="E").mean("trial")
    shown = points(tested)
    assert all(np.isclose(shown, value, rtol=1e-5).any() for value in rates.sel(rule="vogels_2011").values)
