"""Filter inference: the box, posteriors that are known, rounds, what is refused."""

import jax
import numpy as np
import pytest
import xarray as xr
from linear_gaussian import classifier_two_sample_test, inferred, problem, true_posterior
from scipy.special import expit
from scipy.stats import kstest, norm

from synapseek_core.analysis.families import conditional_correlations, free_directions
from synapseek_core.errors import ConfigurationError
from synapseek_core.figures.registry import FIGURES
from synapseek_core.inference import classifier, flows, training
from synapseek_core.inference.coverage import coverage
from synapseek_core.inference.rounds import LEVELS, drawn_targets, fit_round, sample_round, simulations
from synapseek_core.inference.unfinished import NOTHING, Unfinished
from synapseek_core.interfaces.inference import FlowSettings, InferenceSettings, RoundSettings
from synapseek_core.interfaces.prior_box import PriorBox
from synapseek_core.measures.plausibility import meets_groups
from synapseek_core.pipeline.results import analysis_of, posterior_of
from synapseek_core.rule_sets.catalogue import inferred_rounds, rounds_before, rule_set_of, rule_sets_of
from synapseek_core.rule_sets.examples import EXAMPLES
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.rule_sets.tested import TESTED
from synapseek_core.studies import project

SMALL = FlowSettings(count=2, layers=2, width=32, epochs=60, learning_rate=2e-3)


def test_box_maps_the_prior_to_normal_numbers_and_back():
    box = PriorBox(("a", "fixed", "b"), np.array([0.01, 5.0, -2.0]), np.array([0.1, 5.0, 2.0]))
    theta = np.column_stack([np.linspace(0.01, 0.1, 1001), np.full(1001, 5.0), np.linspace(-2, 2, 1001)])
    z = box.to_normal(theta)
    assert box.free_names == ["a", "b"]
    assert z.shape == (1001, 2)
    assert kstest(z[:, 0], "norm").statistic < 0.01
    np.testing.assert_allclose(box.from_normal(z), theta, atol=1e-5)
    far = box.from_normal(np.array([[-100.0, 100.0]]))
    assert (box.low <= far).all()
    assert (far <= box.high).all()


@pytest.mark.parametrize("parameters", [2, 3, 10, 24])
def test_two_layers_move_every_parameter(parameters):
    one = flows.untrained(FlowSettings(layers=2), parameters, 2)
    draw = np.random.default_rng(2)
    weights = 0.3 * draw.standard_normal(len(training.weights_of(one)))
    flow = training.with_weights(one, weights)
    z = draw.standard_normal(parameters)
    assert (flow.bijection.transform(z, np.array([1.0, -1.0])) != flow.bijection.transform(z, np.zeros(2))).all()


def test_flows_are_kept_in_a_file_as_they_were():
    other = flows.untrained(SMALL, 3, 2)
    weights = training.weights_of(other)
    flow = training.with_weights(other, weights + 0.1 * np.random.default_rng(1).standard_normal(len(weights)))
    z, x = np.random.default_rng(3).standard_normal((2, 20, 3))
    again = training.with_weights(other, training.weights_of(flow))

    def density(one):
        return flows.Ensemble(np.zeros((2, 3)), np.zeros(3), [one]).log_density(z, x[:, :2])

    np.testing.assert_array_equal(density(flow), density(again))
    assert not np.array_equal(density(flow), density(other))


@pytest.mark.slow
def test_known_posterior_is_found():
    """The published problem is in benchmarks/known_posterior.py; here with three parameters, mean and spread."""
    posterior, observed, drawn = inferred(3, 1500, 1000, SMALL)
    true = true_posterior(observed, 4000, 3)
    np.testing.assert_allclose(drawn.mean(axis=0), true.mean(axis=0), atol=0.08)
    np.testing.assert_allclose(drawn.std(axis=0), true.std(axis=0), rtol=0.25)
    assert classifier_two_sample_test(drawn, true[:1000]) < 0.6
    assert coverage(posterior["rank"].values, np.array([0.5, 0.9])) == pytest.approx([0.5, 0.9], abs=0.1)
    assert posterior["log_density_gain"].mean() > 1
    assert "classifier_slope" not in posterior


@pytest.fixture
def flows_left(monkeypatch):
    """How many flows can still be trained before the job is stopped, in a list; training is a random step."""
    left = [SMALL.count]

    def train(settings, key, model, data, loss):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        weights = training.weights_of(model)
        step = np.asarray(jax.random.normal(key, weights.shape))
        return training.with_weights(model, weights + step), {"train": step[:5].tolist(), "val": step[5:10].tolist()}

    monkeypatch.setattr(flows, "train", train)
    return left


def fit(unfinished, settings=SMALL, shift=0.0):
    """Weights of an ensemble, its losses, and the next random number."""
    draw = np.random.default_rng(7)
    z, metrics = draw.standard_normal((100, 3)) + shift, draw.standard_normal((100, 2))
    ensemble, losses = flows.fit(settings, z, metrics, draw, unfinished)
    return np.stack([training.weights_of(flow) for flow in ensemble.flows]), losses, draw.random()


def test_training_that_was_stopped_goes_on_and_ends_with_the_same_bits(tmp_path, flows_left):
    weights, *rest = fit(NOTHING)
    unfinished = Unfinished(tmp_path / "round.unfinished", "code")
    flows_left[0] = 1
    with pytest.raises(KeyboardInterrupt):
        fit(unfinished)
    flows_left[0] = 1
    resumed, *resumed_rest = fit(unfinished)
    np.testing.assert_array_equal(resumed, weights)
    assert resumed_rest == rest


def test_flows_of_other_settings_data_or_code_and_damaged_ones_are_trained_again(tmp_path, flows_left):
    unfinished = Unfinished(tmp_path, "code")
    fit(unfinished)
    fit(unfinished)
    for changed in (
        lambda: fit(unfinished, SMALL.model_copy(update={"patience": 19})),
        lambda: fit(unfinished, shift=1.0),
        lambda: fit(Unfinished(tmp_path, "other code")),
    ):
        with pytest.raises(KeyboardInterrupt):
            changed()
    last = tmp_path / "1.nc"
    last.write_bytes(last.read_bytes()[:-1000])
    flows_left[0] = 1
    with pytest.warns(UserWarning, match=r"trained again: .*1\.nc"):
        fit(unfinished)


@pytest.mark.slow
def test_two_samples_are_told_apart_only_where_they_differ():
    draw = np.random.default_rng(4)
    one, same, shifted = draw.standard_normal((3, 400, 2))
    assert classifier_two_sample_test(one, same) < 0.58
    assert classifier_two_sample_test(one, shifted + 1.5) > 0.75


def test_classifier_refuses_the_hopeless_and_few_others():
    """Rules with a positive first parameter meet the target; others never do."""
    box, rules, fitness = problem(2, 600, 5)
    meets = rules["theta"].values[:, :1] > 0
    fitness["meets"] = (("rule", "trial", "constraint"), np.repeat(meets[:, :, None], 2, axis=2).astype(np.int8))
    own = RoundSettings(target=("observed",), samples=200, missed=0.1)
    settings = InferenceSettings(rounds={"one": own}, flows=SMALL)
    plausible = {"observed": {"x0": (-1.0, 1.0), "x1": (-1.0, 1.0)}}
    learned_from = simulations(own, plausible, box, box.to_normal, [rules], [fitness])
    posterior = fit_round(settings, "one", 1, plausible, box, learned_from)
    assert posterior["classifier_refused"] > 0.8
    drawn = sample_round(settings, "one", 1, box, box.to_normal, posterior)
    assert len(drawn) == 200
    assert (drawn[:, 0] > 0).mean() > 0.9
    np.testing.assert_array_equal(drawn, sample_round(settings, "one", 1, box, box.to_normal, posterior))


def test_classifier_asks_one_constraint_after_the_other():
    """The second is met by rules that the first excludes."""
    draw = np.random.default_rng(9)
    x = draw.standard_normal((4000, 3)) * [1, 10, 1]
    log_odds = np.column_stack([2 * x[:, 0] - 1, x[:, 0] * x[:, 1] / 10 - x[:, 0]])
    meets = draw.random(log_odds.shape) < expit(log_odds)
    found = classifier.fit(x, meets)
    # Terms: three features, then the products 00, 01, 02, 11, 12, 22.
    np.testing.assert_allclose(found.scale, [1, 10, 1], rtol=0.05)
    np.testing.assert_allclose(found.slope, [[2, *[0] * 8], [-1, 0, 0, 0, 1, 0, 0, 0, 0]], atol=0.25)
    np.testing.assert_allclose(found.intercept, [-1, 0], atol=0.25)
    probability = np.exp(found.log_probability(x))
    assert np.abs(probability - expit(log_odds).prod(axis=1)).mean() < 0.05
    unseen = np.exp(classifier.held_out_log_probability(x, meets, draw))
    assert np.abs(unseen - probability).mean() < 0.02


def test_classifier_asks_enough_rules_or_not_at_all():
    first, few, all_but_one = np.arange(100) < 50, np.arange(100) < 4, np.arange(100) > 0
    second = (np.arange(100) < 4) | (np.arange(100) > 90)
    meets = np.column_stack([first, few, all_but_one, np.ones(100, bool), second])
    np.testing.assert_array_equal(classifier.telling(meets), [True, False, True, False, True])
    asked = classifier.asked_of(meets[:, classifier.telling(meets)])
    # Of the 50 that meet the first 4 meet the last, of all 13.
    np.testing.assert_array_equal(asked, [np.ones(100, bool), first, np.ones(100, bool)])


def test_threshold_of_a_classifier_leaves_out_the_share_of_its_probability():
    log_probability = np.log([0.4, 0.1, 0.3, 0.2])
    found = [np.exp(classifier.threshold(log_probability, missed)) for missed in (0, 0.25, 0.31, 0.7)]
    np.testing.assert_allclose(found, [0.1, 0.2, 0.3, 0.4])


def test_targets_are_in_their_range_as_frequent_as_among_simulations():
    seen = xr.Dataset(
        {
            "metric_quantile": (("metric", "quantile"), -np.log1p(-LEVELS)[None]),
            "target_low": ("metric", [1.0]),
            "target_high": ("metric", [2.0]),
        }
    )
    levels = norm.cdf(drawn_targets(seen, 4000, np.random.default_rng(1))[:, 0])
    low, high = 1 - np.exp([-1, -2])
    assert kstest(levels, "uniform", (low, high - low)).statistic < 0.03


def test_filter_and_missing_metrics_leave_simulations_out():
    box, rules, fitness = problem(2, 40, 6)
    fitness["meets"][:15] = 1
    fitness["x0"][0] = np.nan
    assert meets_groups(fitness, ("observed",)).sum() == 15
    assert meets_groups(fitness, ()).all()
    own = RoundSettings(filter=("observed",), target=("observed",))
    settings = InferenceSettings(rounds={"one": own}, flows=SMALL)
    plausible = {"observed": {"x0": (-1.0, 1.0), "x1": (-1.0, 1.0)}}
    learned_from = simulations(own, plausible, box, box.to_normal, [rules], [fitness])
    with pytest.raises(ConfigurationError, match=r"inference.rounds.one.filter: 14 of 40 simulations meet it"):
        fit_round(settings, "one", 1, plausible, box, learned_from)


def test_correlations_given_all_others():
    """a and c are correlated through b alone."""
    draw = np.random.default_rng(7)
    b = draw.standard_normal(20000)
    z = np.column_stack([b + draw.standard_normal(20000), b, b + draw.standard_normal(20000)])
    partial = conditional_correlations(z)
    assert np.corrcoef(z.T)[0, 2] == pytest.approx(0.5, abs=0.03)
    assert partial[0, 2] == pytest.approx(0, abs=0.03)
    assert partial[0, 1] == pytest.approx(np.sqrt(1 / 3), abs=0.03)


def test_free_directions_are_beside_those_of_as_many_rules_of_the_prior():
    draw = np.random.default_rng(8)
    prior, one = draw.standard_normal((2, 30, 4))
    found = free_directions([prior, one * [1, 1, 0.01, 0.01], one[:1]], 1)
    ratio, of_prior = found["participation_ratio"][1], found["prior_participation_ratio"][1]
    assert ratio[0] == pytest.approx(of_prior[0], rel=0.2)
    assert ratio[1] == pytest.approx(2, abs=0.2)
    assert np.isnan(ratio[2])
    assert found["eigenvalue"][1][1][2:] == pytest.approx([0, 0], abs=1e-3)


def test_free_directions_of_few_rules_are_not_shown():
    """Their correlations would be those of chance."""
    sets = [np.random.default_rng(9).standard_normal((count, 4)) for count in (60, 20, 19)]
    names = list("abcd")
    rounds = {"round": ["prior", "round_1", "round_2"], "free_parameter": names, "free_parameter_other": names}
    result = xr.Dataset(free_directions(sets, 1), coords=rounds)
    figure = FIGURES["free_directions"].draw(study().settings, {analysis_of("families"): result})
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["prior", "round 1"]
    assert figure.axes[2].get_title() == "rules of round 1 (n = 20)"


def study(**rounds):
    return project.load_study("families_polynomial", "preview", {"inference": {"rounds": rounds}})


def test_a_round_that_extends_another_changes_nothing_before_it():
    before, after = (
        study(),
        study(more={"extends": "round_1", "samples": 7}, further={"extends": "prior", "samples": 5}),
    )
    assert rule_sets_of(after, {}) == ["prior", "round_1", "round_2", "round_3", "more", "further", "examples"]
    assert inferred_rounds(after.settings) == ["round_1", "round_2", "round_3"]
    assert (
        rounds_before(after.settings, "round_3")
        == rounds_before(before.settings, "round_3")
        == ["prior", "round_1", "round_2"]
    )

    def of(study, name):
        return rule_set_of(study, name, {})

    for name in rule_sets_of(before, {}):
        assert of(after, name).settings(after.settings) == of(before, name).settings(before.settings)
        if name in inferred_rounds(before.settings):
            assert after.settings.inference_sections(name) == before.settings.inference_sections(name)
    assert of(after, "more").needs == (posterior_of("round_1"),)
    drawn, prior = (of(after, name).sample(after.settings, {}) for name in ("further", "prior"))
    assert drawn.sizes["rule"] == 5
    assert not np.isin(drawn["theta"], prior["theta"]).any()


def test_no_round_has_the_name_of_another_origin():
    for name in (*RULE_SETS, EXAMPLES, TESTED):
        changes = {"inference": {"rounds": {name: {"target": ["stable_activity"]}}}}
        with pytest.raises(ConfigurationError, match="other rules have that name"):
            project.load_study("families_polynomial", changes=changes)


def test_a_round_without_rules_is_left_out():
    assert rule_sets_of(study(round_2={"samples": 0}), {}) == ["prior", "round_1", "round_3", "examples"]


@pytest.mark.parametrize(
    ("rounds", "message"),
    [
        ({"round_1": {"target": ["activity"]}}, "round_1.target = 'activity': there is none; allowed: stable_activity"),
        ({"prior": {"extends": "prior"}}, "rounds.prior: other rules have that name"),
        ({"more": {"extends": "later"}}, "more.extends = 'later': there is none; allowed: prior, round_1"),
        ({"more": {}}, "target names no group; allowed: at least one, or extends"),
        ({"round_1": {"extends": "prior"}}, "has its filter, target and missed; allowed: none of them"),
        ({"more": {"extends": "round_1", "missed": 0.5}}, "has its filter, target and missed; allowed: none of them"),
    ],
)
def test_wrong_rounds_are_refused(rounds, message):
    with pytest.raises(ConfigurationError) as error:
        study(**rounds)
    assert message in str(error.value)
