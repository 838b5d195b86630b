"""The search: it minimises, resumes bit for bit, and depends on nothing but the seed and the restart."""

import numpy as np
import pytest

from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import SEARCH
from synapseek_core.interfaces.start import start_coordinates
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.search.evolution import evolve
from synapseek_core.search.gradient import descend
from synapseek_core.search.history import join, join_runs, label
from synapseek_core.search.objective import penalty, squared_distance_from_box
from synapseek_core.search.settings.evolution import CMAESSettings, SeparableCMAESSettings, SteinVariationalSettings
from synapseek_core.search.settings.gradient import GradientSettings

SPACE = RuleSpace(SPIKING_FAMILIES["pair"], ("IE",))
START = dict(zip(SPIKING_FAMILIES["pair"].parameter_names, (0.01, 0.01, 0.0, 0.0, 0.0, 0.0), strict=True))
SETTINGS = CMAESSettings(start=START, population_size=8, generations=30, trials=1, step_size=0.3)
TARGET = np.array([-3.0, -4.0, 0.5, -0.5, 0.2, 1.0])


SEVERAL = SteinVariationalSettings(
    start={name: (0.01, 0.1) if name.startswith("tau") else (-1.0, 1.0) for name in START},
    population_size=6,
    particles=4,
    generations=30,
    trials=1,
    step_size=0.5,
)

DIAGONAL = SeparableCMAESSettings(start=START, population_size=8, trials=1)


def bowl(theta, trials):
    """A quadratic loss with noise that depends only on the trials, as common random numbers do."""
    noise = trials.generator(0, "nuisance").random()
    return ((SPACE.to_coordinates(theta) - TARGET) ** 2).sum(axis=1) + 1e-3 * noise


@pytest.fixture(scope="module")
def whole():
    return evolve(bowl, SPACE, SETTINGS, 1, 0, range(30))


def test_minimises(whole):
    assert whole["loss_of_mean"][0] > 4
    assert whole["loss_of_mean"][-1] < 0.05


@pytest.mark.parametrize(
    "settings",
    [SETTINGS, pytest.param(SEVERAL, marks=pytest.mark.slow)],
    ids=lambda settings: settings.method,
)
def test_chunks_through_files_equal_an_uncut_run_bit_for_bit(settings, tmp_path):
    whole = evolve(bowl, SPACE, settings, 1, 0, range(30))
    chunks, previous = [], None
    for index, generations in enumerate((range(0, 7), range(7, 20), range(20, 30))):
        path = tmp_path / f"{index}.nc"
        chunk = label(evolve(bowl, SPACE, settings, 1, 0, generations, previous), "search", 0)
        datasets.write(chunk, SEARCH, path, {})
        previous = datasets.read(path, SEARCH)
        chunks.append(previous)
    joined = join(chunks)
    for name in ("solution", "loss", "loss_of_mean", "distribution_mean", "covariance_shape", "step_size"):
        np.testing.assert_array_equal(joined[name], whole[name])
    assert list(joined["generation"]) == list(range(30))


def test_restarts_differ_and_are_told_apart(whole):
    other = evolve(bowl, SPACE, SETTINGS, 1, 1, range(3))
    first = evolve(bowl, SPACE, SETTINGS, 1, 0, range(3))
    np.testing.assert_array_equal(first["solution"], whole["solution"][:3])
    assert not np.array_equal(first["solution"], other["solution"])
    assert len(join_runs([first, other])) == 2


def test_mean_is_scored_on_trials_of_its_own():
    streams = []

    def spy(theta, trials):
        streams.append(trials.stream)
        return bowl(theta, trials)

    evolve(spy, SPACE, SETTINGS, 1, 2, range(2))
    assert streams == [("population", 2, 0), ("mean", 2, 0), ("population", 2, 1), ("mean", 2, 1)]


@pytest.mark.parametrize("settings", [SETTINGS, DIAGONAL], ids=lambda settings: settings.method)
def test_a_search_that_has_converged_stays_where_it_is(settings):
    """The smallest step sizes of single precision; a step size of 0 would make rules that are no numbers."""
    found = evolve(bowl, SPACE, settings.model_copy(update={"step_size": 2e-38}), 1, 0, range(9))
    np.testing.assert_allclose(found["distribution_mean"][-1], found["distribution_mean"][0], atol=1e-20)


def test_failed_rules_are_data(whole):
    """A loss that is large for most of the space does not stop the search."""

    def cliff(theta, trials):
        loss = bowl(theta, trials)
        return np.where(loss > 1.5, 300.0, loss)

    near = dict(zip(SPIKING_FAMILIES["pair"].parameter_names, SPACE.from_coordinates(TARGET + 0.4), strict=True))
    start = SETTINGS.model_copy(update={"start": near})
    assert evolve(cliff, SPACE, start, 1, 0, range(25))["loss_of_mean"][-1] < 0.2


def slope(theta, trials):
    """The bowl's gradient with respect to theta; the first two coordinates are logarithms."""
    coordinates = SPACE.to_coordinates(theta)
    inner = 1 / SPACE.slopes(theta)
    return bowl(theta, trials), 2 * (coordinates - TARGET) * inner


DESCENT = GradientSettings(start=START, generations=40, trials=1, learning_rate=0.3, halving=10.0, clipping=100.0)


def test_gradient_descent_minimises_in_search_coordinates():
    run = descend(slope, SPACE, DESCENT, 1, 0, range(40))
    np.testing.assert_allclose(run["distribution_mean"][-1, 0], TARGET, atol=0.1)


def test_gradient_descent_resumes_bit_for_bit(tmp_path):
    whole = descend(slope, SPACE, DESCENT, 1, 0, range(40))
    datasets.write(label(descend(slope, SPACE, DESCENT, 1, 0, range(15)), "gradient", 0), SEARCH, tmp_path / "0.nc", {})
    first = datasets.read(tmp_path / "0.nc", SEARCH)
    joined = join([first, descend(slope, SPACE, DESCENT, 1, 0, range(15, 40), first)])
    for name in ("solution", "loss", "distribution_mean"):
        np.testing.assert_array_equal(joined[name], whole[name])


def test_a_gradient_that_is_not_finite_leaves_the_rule_where_it_is():
    def broken(theta, trials):
        return np.array([300.0]), np.full(theta.shape, np.nan)

    run = descend(broken, SPACE, DESCENT, 1, 0, range(3))
    np.testing.assert_array_equal(run["distribution_mean"][0], run["distribution_mean"][-1])


def test_random_starts_differ_between_restarts_and_not_between_methods():
    space = RuleSpace(SPIKING_FAMILIES["pair"], ("EE", "IE"))
    start = {"tau_pre": (0.01, 0.1), "tau_post": 0.02, "EE": 0.5, "IE": (-1.0, 1.0)}
    first, second = (start_coordinates(space, CMAESSettings(start=start), 1, restart)[0] for restart in (0, 1))
    same = start_coordinates(space, GradientSettings(start=start), 1, 0)[0]
    np.testing.assert_array_equal(first, same)
    assert first[1] == second[1] == np.log(0.02)
    assert first[2] == 0.5
    assert (first[8:] != second[8:]).all()
    assert (np.abs(first[8:]) <= 1).all()
    assert np.log(0.01) <= first[0] <= np.log(0.1)


def test_penalty_adds_the_absolute_parameters_without_time_constants():
    theta = np.array([[0.02, 0.03, -1.0, 2.0, 0.5, 0.0]])
    np.testing.assert_allclose(penalty(SPACE, 0.1, theta), [0.35])


def valley(theta, trials):
    """0 wherever alpha^2 + beta^2 = 1: many solutions."""
    _, _, alpha, beta, gamma, kappa = SPACE.to_coordinates(theta).T
    return (alpha**2 + beta**2 - 1) ** 2 + gamma**2 + kappa**2


def test_stein_variational_particles_solve_the_task_in_different_ways():
    """Repulsion keeps particles that start at one rule apart; without it they stay together."""
    together = {name: low for name, (low, _) in SEVERAL.start.items()}
    apart = {}
    for repulsion in (0.0, 0.3):
        settings = SEVERAL.model_copy(update={"start": together, "repulsion": repulsion, "kernel_width": 0.5})
        found = evolve(valley, SPACE, settings, 1, 0, range(60))
        mean = found["distribution_mean"].isel(generation_boundary=-1).values
        distance = np.linalg.norm(mean[:, None] - mean, axis=-1)
        apart[repulsion] = distance[np.triu_indices(4, 1)].mean()
        assert np.median(found["loss_of_mean"].isel(generation=-1)) < 0.1
    assert apart[0.3] > 0.5
    assert found.sizes["distribution"] == 4
    assert found.sizes["member"] == 24


def test_distance_from_the_box_is_measured_in_search_coordinates():
    bounds = np.array([(0.01, 0.1)] * 2 + [(-1.0, 1.0)] * 4)
    theta = np.array([[0.02, 0.05, 0.0, 0.0, 0.5, -1.0], [0.1 * np.e, 0.05, -3.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(squared_distance_from_box(SPACE, bounds, theta), [0.0, 1.0 + 4.0])
