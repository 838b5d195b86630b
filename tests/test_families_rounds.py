"""Rounds of inference at a small size, from the prior to the figures, in one process."""

import numpy as np
import pytest
from planned import as_many_rules_as_planned
from test_families_study import CPU, TINY

from synapseek_core.analysis.clusters import cluster_probability
from synapseek_core.analysis.neighbours import neighbours
from synapseek_core.analysis.sign_patterns import structure
from synapseek_core.files import datasets
from synapseek_core.files.contracts.inference import CHALLENGES, FAMILIES, POSTERIOR
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.measures.registry import METRICS
from synapseek_core.pipeline.results import (
    Activity,
    activity_of,
    analysis_of,
    fitness_of,
    posterior_of,
    rules_of,
)
from synapseek_core.pipeline.run import run
from synapseek_core.rule_sets.examples import EXAMPLES
from synapseek_core.status import Status
from synapseek_core.studies import project
from synapseek_core.studies.registry import STUDIES
from synapseek_core.theory.mean_field import pair_rule_is_stable, pair_rule_rate

ROUNDS = {
    "flows": {"count": 2, "layers": 2, "width": 16, "epochs": 5},
    "rounds": {
        "round_1": {"samples": 12},
        "round_2": {"filter": [], "samples": 6},
        "round_3": {"samples": 0},
        "more": {"extends": "round_1", "samples": 3},
    },
}
PANELS = {
    "plausibility": {"families_polynomial": 2 + 4, "families_mlp": 2 + 2},
    "marginals": {"families_polynomial": 4 * 6, "families_mlp": 2 * 11},
    "free_directions": {"families_polynomial": 4, "families_mlp": 4},
    "structure": {"families_polynomial": 4, "families_mlp": 2},
    "calibration": {"families_polynomial": 3, "families_mlp": 3},
    "examples": {"families_polynomial": 3 * 3, "families_mlp": 3 * 3},
    "endurance": {},
}
"""Panels of each figure that show data, at least; two unless it is said."""

SMALL = TINY | {"prior": {"samples": 40}, "inference": ROUNDS, "examples": {"rules": 3, "training_time": 0.9}}


# The polynomial goes through the same rounds in test_families_workflow.py.
@pytest.fixture(scope="module", params=[pytest.param("families_polynomial", marks=pytest.mark.slow), "families_mlp"])
def whole(request):
    """A study, and its results by need."""
    study = project.load_study(request.param, "preview", SMALL)
    return study, run(study, compute=CPU)


def test_all_rules_of_all_rounds(whole, tmp_path):
    study, results = whole
    assert as_many_rules_as_planned(results)
    found = results[analysis_of("families")]
    assert found.sizes["rule"] == 40 + 12 + 6 + 3
    assert list(found["round"].values) == ["prior", "round_1", "round_2", "more"]
    assert found["wanted_rules"].values[0] == 40
    meets = results[fitness_of("more")]["meets"].isel(constraint=[0, 1]).all(("trial", "constraint")).sum()
    assert found["wanted_rules"].values[3] == meets
    low, high = study.settings.prior_box.low, study.settings.prior_box.high
    assert ((found["theta"] >= low) & (found["theta"] <= high)).all()
    datasets.write(found, FAMILIES, tmp_path / "families.nc", {})
    back = datasets.read(tmp_path / "families.nc", FAMILIES)
    np.testing.assert_array_equal(back["theta"], found["theta"])
    posterior = results[posterior_of("round_1")]
    datasets.write(posterior, POSTERIOR, tmp_path / "posterior.nc", {})
    again = datasets.read(tmp_path / "posterior.nc", POSTERIOR)
    np.testing.assert_array_equal(again["flow_weights"], posterior["flow_weights"])
    assert ("sign_share" in found) == (study.name == "families_polynomial")


def test_examples_are_the_best_rules_in_their_own_trials(whole):
    _, results = whole
    found, again = results[fitness_of("round_2")], results[fitness_of(EXAMPLES)]
    best = found["loss"].sel(rule=again["rule"])
    assert best.max() <= np.sort(found["loss"].values)[2]
    np.testing.assert_array_equal(again["loss"], best)
    np.testing.assert_array_equal(again["input_rate"], found["input_rate"].sel(rule=again["rule"]))
    assert set(results[activity_of(EXAMPLES)][0]["spike_rule"].values) == {0, 1, 2}


def test_challenges(whole, tmp_path):
    study, results = whole
    found, fitness = results[analysis_of("challenges")], results[fitness_of(EXAMPLES)]
    types = study.settings.plasticity.synapse_types
    assert list(found["condition"].values) == ["0.93 s", "1.4 s", *(f"{kind} frozen" for kind in types)]
    np.testing.assert_array_equal(found["loss"].sel(condition="0.93 s"), fitness["loss"])
    datasets.write(found, CHALLENGES, tmp_path / "challenges.nc", {})
    datasets.read(tmp_path / "challenges.nc", CHALLENGES)
    simulated = [Activity(study.name, EXAMPLES, name, 0) for name in study.challenged_in]
    networks = [results.graph.stage(one).cost(one).networks for one in simulated]
    assert networks == [3] * (1 + len(types))


def test_a_frozen_type_keeps_its_weight(whole):
    """The one with which the rule's own trials ended; where these were stopped, that with which the trial begins."""
    _, results = whole
    fitness, (activity,) = results[fitness_of(EXAMPLES)], results[activity_of(EXAMPLES, "IE_frozen")]
    weights = activity["weight_mean"].sel(synapse_type="IE").isel(trial=0)
    final = fitness["final_weight_mean"].sel(synapse_type="IE", rule=activity["rule"]).isel(trial=0)
    ended = (fitness["status"].sel(rule=activity["rule"]).isel(trial=0) == Status.ok).values
    assert ended.any()
    for k, own in enumerate(weights.values):
        expected = final[k] if ended[k] else activity["weight_IE"][k, 0]
        np.testing.assert_allclose(own[np.isfinite(own)], float(expected), rtol=1e-6)
    # From the mean of squares, which rounds.
    assert (activity["weight_sd"].sel(synapse_type="IE").fillna(0) < 1e-6).all()
    others = activity["weight_mean"].isel(trial=0).drop_sel(synapse_type="IE")
    assert others.diff("weight_time").any()


def test_weights_that_a_frozen_type_is_given_are_those_of_its_rule(whole):
    study, results = whole
    frozen = study.conditions["IE_frozen"]
    table = RuleTable.from_dataset(results[rules_of(EXAMPLES)]).with_frozen_weights(
        {"IE": np.array([0.4, 0.1, np.nan])}
    )
    activity = frozen.task.simulate(table, frozen.trials, CPU)
    first = activity["weight_mean"].sel(synapse_type="IE").isel(trial=0, weight_time=0).values
    np.testing.assert_allclose(first, [0.4, 0.1, activity["weight_IE"].values[2, 0]], rtol=1e-6)


def test_figures(whole):
    study, results = whole
    for name in STUDIES[study.name].figures:
        drawn = [axes for axes in results.figure(name).axes if axes.axison and axes.has_data()]
        assert len(drawn) >= PANELS[name].get(study.name, 2), name


def test_mean_field_stability_is_that_of_the_fixed_point():
    """Vogels' rule on IE holds a rate; with its signs turned it runs away. Within a population, signs are opposite."""
    vogels = np.array([[0.02, 0.02, -0.2, 0.0, 1.0, 1.0]])
    presynaptic = np.array([10.0])
    assert pair_rule_is_stable(vogels, presynaptic, excitatory=False, recurrent=False).all()
    assert pair_rule_rate(vogels, presynaptic) == pytest.approx(5.0)
    turned = vogels * [1, 1, -1, -1, -1, -1]
    assert not pair_rule_is_stable(turned, presynaptic, excitatory=False, recurrent=False).any()
    assert pair_rule_is_stable(turned, presynaptic, excitatory=True, recurrent=False).all()
    # Integrating dy/dt = s g(y) from either side of the fixed point, for random rules.
    draw = np.random.default_rng(1)
    theta = np.column_stack([draw.uniform(0.01, 0.1, (400, 2)), draw.uniform(-2, 2, (400, 4))])
    for excitatory in (True, False):
        for recurrent in (True, False):
            x, sign = 12.0, 1.0 if excitatory else -1.0
            said = pair_rule_is_stable(theta, np.full(400, x), excitatory, recurrent)
            alpha, beta = theta[:, 2], theta[:, 3]
            product = theta[:, 4] * theta[:, 0] + theta[:, 5] * theta[:, 1]

            def change(y, x=x, sign=sign, recurrent=recurrent, alpha=alpha, beta=beta, product=product):
                other = y if recurrent else x
                return sign * (alpha * other + beta * y + product * other * y)

            with np.errstate(divide="ignore", invalid="ignore"):
                fixed = -(alpha + beta) / product if recurrent else -alpha * x / (beta + product * x)
            returns = (fixed > 0) & (change(0.99 * fixed) > 0) & (change(1.01 * fixed) < 0)
            np.testing.assert_array_equal(said, returns)


def test_clusters_are_found_where_there_are_some():
    draw = np.random.default_rng(2)
    cloud = draw.standard_normal((60, 6)) * [3, 1, 1, 1, 1, 0.2]
    apart = cloud + np.where(np.arange(60) < 30, 8.0, -8.0)[:, None]
    assert cluster_probability(cloud, 1) > 0.05
    assert cluster_probability(apart, 1) < 0.02
    assert np.isnan(cluster_probability(cloud[:5], 1))


def test_neighbours(whole):
    """If activity is the rule itself, near rules are alike; the nearest is the nearest."""
    _, results = whole
    one = results[analysis_of("families")].isel(rule=slice(0, 20))
    draw = np.random.default_rng(3)
    z = draw.standard_normal((20, 2))
    for k, name in enumerate(METRICS):
        one = one.assign({name: (("rule", "trial"), z[:, [k % 2]])})
    found = neighbours(z, one, [np.ones(20, bool), np.arange(20) < 2])
    correlation, near = found["distance_correlation"][1], found["neighbour_distance"][1]
    assert correlation[0] > 0.95
    assert np.isnan(correlation[1])
    assert near.min() == pytest.approx(np.linalg.norm(z[:, None] - z[None], axis=-1)[~np.eye(20, dtype=bool)].min())
    assert found["neighbour_activity_distance"][1].mean() < 0.6


def test_signs_are_counted(whole):
    study, results = whole
    if study.name == "families_mlp":
        assert (
            structure(
                study.settings, results[analysis_of("families")]["theta"].values, results[analysis_of("families")], []
            )
            == {}
        )
        return
    theta = np.tile([0.02, 0.02, 1, -1, 0.5, 0.5], (4, 4))
    theta[0, 2] = -1
    found = structure(
        study.settings, theta, results[analysis_of("families")].isel(rule=slice(0, 4)), [np.ones(4, bool)]
    )
    shares = found["sign_share"][1][0]
    np.testing.assert_allclose(shares[0], [0, 0.75, 0, 0.25])
    np.testing.assert_allclose(shares[1:], [[0, 1, 0, 0]] * 3)
