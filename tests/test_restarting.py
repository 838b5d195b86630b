"""CMA-ES with restarts: populations grow, runs resume bit for bit, and learn the best of their attempts."""

import numpy as np
import pytest
from pydantic import ValidationError
from test_search import SPACE, START, TARGET

from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import SEARCH
from synapseek_core.interfaces.search import CurriculumSettings
from synapseek_core.runtime import Compute
from synapseek_core.search import evolution, methods, restarting
from synapseek_core.search.distribution import learned_distributions
from synapseek_core.search.history import join, label
from synapseek_core.search.settings.evolution import CMAESSettings
from synapseek_core.search.settings.restarting import RestartingCMAESSettings
from synapseek_core.studies import project

COMMON = {"start": START, "population_size": 8, "trials": 1, "step_size": 1.0}
IPOP = RestartingCMAESSettings(**COMMON, coordinate_tolerance=1e-2)
BIPOP = IPOP.model_copy(update={"method": "bipop_cma_es"})


def rastrigin(theta, trials):
    """Many local minima, the lowest of them, 0, at the target."""
    x = SPACE.to_coordinates(theta) - TARGET
    return (x**2 + 3 * (1 - np.cos(2 * np.pi * x))).sum(axis=1)


@pytest.fixture(scope="module")
def ipop():
    return restarting.evolve(rastrigin, SPACE, IPOP, 3, 0, range(160))


def learned(chunk):
    (found,) = learned_distributions([label(chunk, "search", 0)])
    return rastrigin(SPACE.from_coordinates(found.mean[None]), None)[0]


def test_larger_populations_find_the_minimum_that_one_run_misses(ipop):
    once = evolution.evolve(rastrigin, SPACE, CMAESSettings(**COMMON), 3, 0, range(160))
    assert learned(once) > 0.9
    assert learned(ipop) < 0.01


def test_a_run_is_cma_es_until_it_starts_again(ipop):
    end = int((ipop["attempt"] == 0).sum())
    once = evolution.evolve(rastrigin, SPACE, CMAESSettings(**COMMON), 3, 0, range(end))
    for name in ("solution", "loss", "loss_of_mean"):
        np.testing.assert_array_equal(ipop[name][:end], once[name])


def test_what_a_run_learned_is_the_best_of_its_attempts_not_the_last():
    found = restarting.evolve(rastrigin, SPACE, IPOP, 3, 0, range(175))
    assert list(np.unique(found["attempt"])) == [0, 1, 2]
    assert learned(found) < 0.01 < found["loss_of_mean"][-1, 0]


def test_populations_double_and_are_scored_in_as_many_generations_on_the_same_trials():
    streams = {}

    def spy(theta, trials):
        streams.setdefault(trials.stream, []).append(len(theta))
        return rastrigin(theta, trials)

    found = restarting.evolve(spy, SPACE, IPOP, 3, 0, range(175))
    sizes, attempts = found["population_size"].values, found["attempt"].values
    np.testing.assert_array_equal(sizes, 8 * 2**attempts)
    assert attempts[-1] == 2
    scored = [len(parts) for (purpose, *_), parts in streams.items() if purpose == "population"]
    assert set(scored) == {1, 2, 4}
    assert found["solution"].shape == (175, 8, 6)


@pytest.mark.parametrize("settings", [IPOP, BIPOP], ids=lambda settings: settings.method)
def test_chunks_through_files_equal_an_uncut_run_bit_for_bit(settings, tmp_path):
    """Chunks end within attempts and within populations."""
    whole = restarting.evolve(rastrigin, SPACE, settings, 3, 0, range(240))
    chunks, previous = [], None
    for index, start in enumerate(range(0, 240, 60)):
        path = tmp_path / f"{index}.nc"
        chunk = restarting.evolve(rastrigin, SPACE, settings, 3, 0, range(start, start + 60), previous)
        datasets.write(label(chunk, "search", 0), SEARCH, path, {})
        previous = datasets.read(path, SEARCH)
        chunks.append(previous)
    joined = join(chunks)
    for name in ("solution", "loss", "loss_of_mean", "distribution_mean", "population_size", "attempt"):
        np.testing.assert_array_equal(joined[name], whole[name])
    for name in (name for name in whole if name.startswith(("state_", "learned_"))):
        np.testing.assert_array_equal(chunks[-1][name], whole[name])
    assert len(np.unique(whole["population_size"])) > 1


def test_small_populations_of_bipop_score_about_as_many_rules_as_large_ones():
    found = restarting.evolve(rastrigin, SPACE, BIPOP, 3, 0, range(400))
    sizes = found["population_size"].values[np.unique(found["attempt"], return_index=True)[1]]
    large = np.maximum.accumulate(sizes[1:]) == sizes[1:]
    assert large.any()
    assert not large.all()


def test_a_study_is_searched_with_restarts():
    """From config.yaml to a chunk; it costs what one without restarts costs."""
    searches = {"ipop": {"method": "ipop_cma_es", "start": {"feedforward": 0.0}, "generations": 2, "trials": 1}}
    study = project.load({"studies": {"oja": {"search": searches}}}).studies["oja"]
    task = study.task
    found = methods.advance(task, "ipop", 0, range(2), None, Compute())
    assert found["loss"].shape == (2, 12)
    assert methods.cost(task, "ipop", 2).networks == 2 * 13


def test_a_curriculum_is_refused():
    with pytest.raises(ValidationError, match="curriculum is given; allowed with ipop_cma_es: null"):
        RestartingCMAESSettings(**COMMON, curriculum=CurriculumSettings())
