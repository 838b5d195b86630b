"""Settings at the ends of what is allowed: every trial ends with a status and a finite loss."""

import warnings

import numpy as np
import pytest

from synapseek_core.files import datasets
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.studies import project
from synapseek_core.studies.project import merge

SMALL = {
    "network": {"excitatory": 40, "inhibitory": 10, "connection_probability": 0.5},
    "input": {"sources": 500},
    "protocol": {"training_time": 0.2, "scoring_time": 0.1},
    "prior": {"samples": 2},
}
EXTREMES = {
    "few synapses": {"network": {"excitatory": 31, "inhibitory": 1, "connection_probability": 0.99}},
    "nearly all synapses": {"network": {"connection_probability": 1 - 1e-9}},
    "one input": {"input": {"sources": 1}},
    "silent input": {"input": {"rate": 0}},
    "fastest input": {"input": {"rate": 1e4}},
    "no weight": {"input": {"weight": 0}, "network": {"weight": {"EE": 0, "EI": 0, "IE": 0, "II": 0}}},
    "huge weights": {"network": {"weight": {"EE": 1e30, "II": 1e30}}},
    "huge input weight": {"input": {"weight": 1e30}},
    "no learning": {"network": {"learning_rate": 0}},
    "huge learning rate": {"network": {"learning_rate": 1e30, "maximum_weight": {"IE": 1e30}}},
    "no room for weights": {"network": {"maximum_weight": {"IE": 0}}},
    "fast membrane": {"network": {"neuron": {"tau_mem": 1e-12}}},
    "fast synapses": {"network": {"neuron": {"tau_ampa": 1e-300, "tau_gaba": 1e-300}}},
    "slow membrane": {"network": {"neuron": {"tau_mem": 1e30}}},
    "always refractory": {"network": {"neuron": {"refractory_period": 1e30}}},
    "threshold below rest": {"network": {"neuron": {"threshold": -1.0}}},
    "no training": {"protocol": {"training_time": 0}},
    "one bin": {"recording": {"bin": 0.1}},
    "finest bins": {"recording": {"bin": 1e-4}},
    "seldom weights": {"recording": {"weight_interval": 100}},
    "nothing kept": {"recording": {"excitatory": 0, "inhibitory": 0, "synapses": 1}},
    "more kept than there is": {"recording": {"excitatory": 10**6, "synapses": 10**5}},
    "no bounds": {"protocol": {"lowest_rate": 0, "highest_rate": 1e4}},
    "fast rate filter": {"protocol": {"rate_time_constant": 1e-300}},
    "largest seed": {"seed": 2**31 - 1},
}


SLOW = [pytest.param(name, "jax", marks=pytest.mark.slow) for name in EXTREMES]


@pytest.mark.parametrize(("name", "backend"), [*((name, "numba") for name in EXTREMES), *SLOW])
def test_extreme_settings_give_data(name, backend, tmp_path):
    study = project.load_study("stability_IE", "published", merge(SMALL, EXTREMES[name]))
    theta = RULE_SETS["prior"].sample(study.settings, {})["theta"].values
    trials = Trials(study.settings.seed, ("evaluation",), 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        activity = study.task.simulate(RuleTable.of(theta, kept=[0]), trials, Compute(backend, "cpu", 1))
        fitness = study.task.evaluate(activity)
    assert np.isfinite(fitness["loss_of_trial"]).all()
    assert set(fitness["status"].values.ravel()) <= set(Status)
    datasets.write(study.task.simulator.stored(activity, [0]), SPIKING_ACTIVITY, tmp_path / "activity.nc", {})
    back = datasets.read(tmp_path / "activity.nc", SPIKING_ACTIVITY)
    np.testing.assert_array_equal(study.task.evaluate(back)["loss"], fitness["loss"])
