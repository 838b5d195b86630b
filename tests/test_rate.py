"""Rate networks: rules as their formula says, known solutions, failed rules, gradients through the inner loop."""

from dataclasses import replace
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from synapseek_core.analysis.registry import ANALYSES
from synapseek_core.analysis.sensitivity import sensitivity
from synapseek_core.files import datasets
from synapseek_core.files.contracts.activity import RATE_ACTIVITY
from synapseek_core.files.contracts.rules import GENERALISATION
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.linear import data, loss
from synapseek_core.linear.objective import hessian, loss_and_gradient
from synapseek_core.pipeline.results import fitness_of, rules_of
from synapseek_core.pipeline.run import run
from synapseek_core.pipeline.work.score import score_batches
from synapseek_core.pipeline.work.simulate import simulate_batch
from synapseek_core.plasticity.registry import RATE_FAMILIES
from synapseek_core.rule_sets import tested
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.studies import project
from synapseek_core.tasks.linear.score import objective_of
from synapseek_core.tasks.linear.trials import build_batch

SHORT = {"protocol": {"steps": 60}, "recording": {"samples": 5}, "network": {"inputs": 5}}
TRIALS = Trials(1, ("test",), 4)
TAYLOR = RATE_FAMILIES["taylor"]


@pytest.fixture(scope="module", params=["oja", "pca_network"])
def study(request):
    return project.load_study(request.param, changes=SHORT)


def reference(study):
    return RULE_SETS["reference"].sample(study.settings, {})["theta"].values


def test_taylor_rule_is_its_sum():
    draw = np.random.default_rng(0)
    theta, pre, post, weight = (draw.standard_normal(shape) for shape in ((27,), (4,), (2,), (2, 4)))
    expected = np.zeros((2, 4))
    for (a, b, c), value in zip(product(range(3), repeat=3), theta, strict=True):
        expected += value * pre[None] ** a * post[:, None] ** b * weight**c
    np.testing.assert_allclose(TAYLOR.change(theta, pre, post, weight), expected, rtol=1e-4, atol=1e-4)
    assert TAYLOR.parameter_names[12] == "theta_110"


def test_data_sets_have_the_chosen_covariance():
    eigenvalues = data.spectrum("geometric", 0.5, 4, 1)
    np.testing.assert_allclose(eigenvalues, [1, 0.5, 0.25, 0.125])
    drawn = data.draw_data_set(eigenvalues, 200_000, np.random.default_rng(0))
    np.testing.assert_allclose(drawn.eigenvectors @ drawn.eigenvectors.T, np.eye(4), atol=1e-12)
    expected = drawn.eigenvectors.T @ np.diag(eigenvalues) @ drawn.eigenvectors
    np.testing.assert_allclose(np.cov(drawn.inputs.T), expected, atol=0.01)


def test_floor_lies_below_the_leading_components():
    np.testing.assert_allclose(data.spectrum("floor", 0.1, 5, 2), [1, 0.75, 0.1, 0.1, 0.1])


def test_losses_and_angles_of_known_weights():
    components = np.eye(4)[:2]
    signs = np.diag([-1.0, 1.0])
    angle = 0.4
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert loss.ordered_loss(signs @ components, components) == pytest.approx(0, abs=1e-6)
    assert loss.ordered_loss(rotation @ components, components) == pytest.approx(2 - 2 * np.cos(angle), rel=1e-4)
    assert loss.subspace_loss(rotation @ components, components) == pytest.approx(0, abs=2e-4)
    assert loss.subspace_angle(rotation @ components, components) == pytest.approx(0, abs=1e-4)
    tilted = np.array([[1.0, 0, 0, 0], [0, np.cos(angle), np.sin(angle), 0]])
    assert loss.subspace_loss(tilted, components) == pytest.approx(np.sin(angle) ** 2 / 2, rel=1e-2)
    assert loss.subspace_angle(tilted, components) == pytest.approx(np.degrees(angle), rel=1e-4)
    np.testing.assert_allclose(loss.angles_to_components(tilted, components), [[0, 90], [90, np.degrees(angle)]])


def test_weights_that_coincide_span_no_second_component():
    same = np.array([[1.0, 0, 0], [1.0, 0, 0]])
    assert loss.subspace_angle(same, np.eye(3)[:2]) == pytest.approx(90)
    assert loss.subspace_loss(same, np.eye(3)[:2]) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", ["oja", "pca_network"])
def test_known_rules_find_the_components(name):
    study = project.load_study(name, changes={"protocol": {"steps": 3000}})
    activity = study.task.simulate(RuleTable.of(reference(study)), TRIALS, Compute())
    fitness = study.task.evaluate(activity)
    assert (fitness["status"] == Status.ok).all()
    assert fitness["angle"].isel(step=0).median() > 45
    assert fitness["angle"].isel(step=-1).median() < 4
    np.testing.assert_allclose(np.linalg.norm(activity["feedforward"].isel(step=-1), axis=-1), 1, atol=0.1)


def test_failed_rules_are_data(tmp_path):
    study = project.load_study("oja", changes=SHORT)
    zero = np.zeros_like(reference(study)[0])
    explosive, broken = zero.copy(), zero.copy()
    explosive[TAYLOR.parameter_names.index("theta_112")] = 50.0
    broken[0] = np.nan
    activity = study.task.simulate(RuleTable.of([zero, explosive, broken], ["zero", "boom", "nan"]), TRIALS, Compute())
    datasets.write(activity, RATE_ACTIVITY, tmp_path / "activity.nc", {})
    fitness = study.task.evaluate(datasets.read(tmp_path / "activity.nc", RATE_ACTIVITY))
    assert (fitness["status"].sel(rule="zero") == Status.ok).all()
    assert (fitness["status"].sel(rule="boom") == Status.runaway).all()
    assert (fitness["status"].sel(rule="nan") == Status.non_finite).all()
    assert (activity["stop_step"].sel(rule="boom") < 60).all()
    assert np.isfinite(fitness["loss"]).all()
    assert fitness["loss"].sel(rule="boom") > fitness["loss"].sel(rule="zero")
    scored, gradient = study.task.loss_and_gradient(np.array([explosive]), TRIALS, None, Compute())
    assert np.isfinite(scored).all()
    assert np.isfinite(gradient).all()


def test_loss_of_a_search_is_the_loss_of_the_fitness():
    study = project.load_study("oja", changes=SHORT)
    theta = reference(study) * np.array([[0.5], [1.0]])
    fitness = study.task.evaluate(study.task.simulate(RuleTable.of(theta), TRIALS, Compute()))
    np.testing.assert_allclose(study.task.loss(theta, TRIALS, Compute()), fitness["loss"], rtol=1e-4)
    alone, _ = study.task.loss_and_gradient(theta[:1], TRIALS, None, Compute())
    np.testing.assert_allclose(alone, fitness["loss"][:1], rtol=1e-4)


def double(batch):
    return type(batch)(*(jnp.asarray(array, jnp.float64) for array in batch))


def test_gradient_through_the_inner_loop_agrees_with_finite_differences(study):
    """Central differences in double precision, along every parameter of a random rule near the known one."""
    with jax.enable_x64(True):
        objective, batch = objective_of(study.settings), double(build_batch(study.settings, TRIALS))
        theta = reference(study)[0] + np.random.default_rng(1).normal(0, 0.01, len(reference(study)[0]))
        shaped = jnp.asarray(study.settings.rule_space.by_synapse_type(theta)[None])
        _, gradient = loss_and_gradient(objective, None, shaped, batch)
        step = 1e-6 * np.eye(theta.size).reshape(-1, *shaped.shape[1:])
        ahead, behind = (objective.of_rules(shaped + sign * step, batch) for sign in (1, -1))
        numerical = (ahead - behind) / 2e-6
        assert bool((objective.of_rules(shaped, batch) < 2).all())
        np.testing.assert_allclose(gradient.ravel(), numerical, rtol=1e-3, atol=1e-7)


def test_truncation_shortens_the_gradient_and_not_the_loss():
    study = project.load_study("oja", changes=SHORT)
    theta = reference(study)
    whole, gradient = study.task.loss_and_gradient(theta, TRIALS, None, Compute())
    same, full = study.task.loss_and_gradient(theta, TRIALS, 60, Compute())
    cut, short = study.task.loss_and_gradient(theta, TRIALS, 10, Compute())
    np.testing.assert_allclose(full, gradient, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose([same, cut], [whole, whole], rtol=1e-4)
    assert 0 < np.linalg.norm(short) < np.linalg.norm(gradient)


def test_hessian_is_the_derivative_of_the_gradient():
    study = project.load_study("oja", changes=SHORT)
    with jax.enable_x64(True):
        batch = double(build_batch(study.settings, TRIALS))
        theta = jnp.asarray(reference(study)[:, None])
        curvature = hessian(objective_of(study.settings), theta, batch)
        step = jnp.zeros_like(theta).at[0, 0, 12].set(1e-5)
        ahead, behind = (
            loss_and_gradient(objective_of(study.settings), None, theta + s * step, batch)[1] for s in (1, -1)
        )
        np.testing.assert_allclose(curvature[12], ((ahead - behind) / 2e-5).ravel(), rtol=1e-3, atol=1e-6)


def test_sensitivity_orders_directions_from_stiff_to_sloppy():
    result = sensitivity(np.diag([1.0, 100.0, -2.0]), ["a", "b", "c"])
    np.testing.assert_allclose(result["curvature"], [100, 1, -2])
    np.testing.assert_allclose(np.abs(result["curvature_axis"][0]), [0, 1, 0])


def test_every_condition_tests_every_rule_on_shared_trials(tmp_path):
    conditions = {"small": {"network": {"inputs": 3}}, "large": {"network": {"inputs": 8}}}
    study = project.load_study("oja", changes=SHORT | {"generalisation": {"conditions": conditions}})
    study = replace(study, tested_in=tuple(conditions))
    known = {rules_of("reference"): RULE_SETS["reference"].sample(study.settings, {})}
    rules = tested.tested([("reference", RULE_SETS["reference"])]).sample(study.settings, known)
    data = {rules_of(tested.TESTED): rules}
    for name in conditions:
        activity = simulate_batch(study.conditions[name], rules, None, Compute())
        data[fitness_of(tested.TESTED, name)] = score_batches(study.conditions[name], [activity])
    result = ANALYSES["generalisation"].run(study, data, Compute())
    datasets.write(result, GENERALISATION, tmp_path / "g.nc", {})
    back = datasets.read(tmp_path / "g.nc", GENERALISATION)
    assert back["loss_of_trial"].dims == ("rule", "condition", "trial")
    assert list(back["condition"].values) == ["small", "large"]
    assert list(back["origin"].values) == ["reference"]


def test_a_network_with_too_many_outputs_is_refused():
    with pytest.raises(project.ConfigurationError, match=r"network.outputs = 3 must be below network.inputs = 2"):
        project.load_study("pca_network", changes={"network": {"inputs": 2}})


def test_tested_rules_keep_their_time_courses():
    """Figures show the angles of tested rules over all presented inputs, which their stored activity must give."""
    short = {"generations": 1, "trials": 1, "restarts": 1}
    changes = {
        "network": {"inputs": 4},
        "protocol": {"steps": 20},
        "recording": {"samples": 4},
        "prior": {"samples": 0},
        "search": {"gradient": short, "unpenalised": short},
        "generalisation": {"trials": 2},
    }
    study = project.load_study("pca_network", changes=changes)
    need = fitness_of("tested", study.tested_in[0])
    tested = run(study, [need], Compute("auto", "cpu", 1))[need]
    assert np.isfinite(tested["angle"]).all()
    assert np.isfinite(tested["angle_to_component"]).all()
