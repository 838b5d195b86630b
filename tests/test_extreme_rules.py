"""Plasticity parameters at and beyond every bound: each rule ends with a status and a finite loss, on every backend."""

import warnings

import numpy as np
import pytest

from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.runtime import Compute
from synapseek_core.search import objective
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.studies import project

EXTREMES = (0.0, -1.0, 5e-324, 1e-45, 1e-12, 1e-4, 1e3, 1e30, 3.4e38, 1e39, 1e308, -1e30, np.nan, np.inf, -np.inf)
SPIKING = {
    "network": {"excitatory": 40, "inhibitory": 10, "connection_probability": 0.5},
    "input": {"sources": 500, "connection_probability": 0.5},
    "protocol": {"training_time": 0.2, "scoring_time": 0.1},
    "recording": {"synapses": 5},
}
RATE = {"network": {"inputs": 4}, "protocol": {"steps": 40}, "recording": {"samples": 2}}
STUDIES = {
    "stability_IE": SPIKING,
    "stability_IE_polynomial": SPIKING,
    "stability_IE_mlp": SPIKING,
    "families_polynomial": SPIKING | {"protocol": {"training_time": 0.1, "scoring_time": 0.2}},
    "familiarity_EE_IE": SPIKING
    | {
        "protocol": {"training_time": 0.1, "break_time": 0, "test_time": 0.1},
        "input": {"sources": 500, "grid": 22, "pattern_size": 100},
    },
    "tuned_inhibition": {
        "protocol": {"training_time": 0.2, "scoring_time": 0.1},
        "input": {"excitatory": 80, "inhibitory": 16},
    },
    "oja": RATE,
    "pca_network": RATE,
}


def extremes(space, bounds):
    """Rules in the middle of the prior box but for one parameter, which is extreme, or with all extreme at once."""
    middle = np.array(bounds, float).mean(axis=1)
    rules = [np.full(len(middle), value) for value in EXTREMES]
    # One parameter of each kind: those of a family that has many are alike.
    for k in range(0, len(middle), max(1, len(middle) // 8)):
        for value in EXTREMES:
            rules.append(middle.copy())
            rules[-1][k] = value
    return np.array(rules)


FLEXIBLE = ("stability_IE_polynomial", "stability_IE_mlp", "families_polynomial")
CASES = [(name, "numba") for name in STUDIES if name not in FLEXIBLE]
SLOW = [(name, "numba") for name in FLEXIBLE]
SLOW += [(name, "jax") for name in STUDIES if name not in ("oja", "pca_network")]


@pytest.mark.parametrize(("name", "backend"), [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)])
def test_extreme_rule_is_data(name, backend):
    study = project.load_study(name, "published", STUDIES[name])
    space = study.settings.rule_space
    theta = extremes(space, space.expand(study.settings.prior.bounds, "prior.bounds"))
    if backend == "jax":
        theta = theta[::4]
    trials = Trials(1, ("extreme",), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        activity = study.task.simulate(RuleTable.of(theta), trials, Compute(backend, "cpu"))
        fitness = study.task.evaluate(activity)
    assert np.isfinite(fitness["loss"]).all()
    assert np.isfinite(fitness["loss_of_trial"]).all()
    ended = fitness["status"].values[:, 0]
    assert set(ended) <= set(Status)
    assert (ended[~np.isfinite(theta).all(axis=1)] == Status.non_finite).all()
    for search in study.settings.search.values():
        if search.method != "gradient":
            scored = objective.population_loss(study.task, search, Compute(backend, "cpu"))(theta[:16], trials)
            assert np.isfinite(scored).all()
