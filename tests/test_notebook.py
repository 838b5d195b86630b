"""The names for notebooks, and the README's example, which is run as it stands there."""

import re
from pathlib import Path

import numpy as np
import pytest

import synapseek_core as ss
from synapseek_core.errors import ConfigurationError, DatasetError
from synapseek_core.files.lineage import trace

README = (Path(__file__).parents[1] / "README.md").read_text()
TINY = {
    "network": {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5},
    "protocol": {"training_time": 0.3, "scoring_time": 0.2},
}
RULE = [0.054, 0.098, -1.41, 0.015, 0.72, 1.08]


@pytest.fixture(scope="module")
def study():
    return ss.load_study("stability_IE", "preview", TINY)


def test_the_example_of_the_readme():
    example = re.search(r"<!-- notebook -->\n```python\n(.*?)```", README, re.DOTALL)[1]
    assert len([line for line in example.splitlines() if line]) == 4
    names = {}
    exec(example, names)
    assert names["fitness"]["loss"].dims == ("rule",)
    assert list(names["fitness"]["rule"].values) == ["mine"]
    assert names["fitness"]["loss"].item() < 0.5


def test_every_name_is_there_and_says_what_it_does():
    for name in ss.__all__:
        assert getattr(ss, name) is not None
        assert name in ss.__doc__
    assert set(ss.__all__) <= set(dir(ss))
    with pytest.raises(AttributeError, match="nothing"):
        ss.nothing  # noqa: B018


def test_rules_by_name_and_by_number_are_the_same(study):
    values = dict(zip(("tau_pre", "tau_post", "alpha", "beta", "gamma", "kappa"), RULE, strict=True))
    by_name, by_number = ss.rules(study, {"mine": values}), ss.rules(study, [RULE], ["mine"])
    np.testing.assert_array_equal(by_name["theta"], by_number["theta"])
    assert by_name["parameter"].values[0] == "IE.tau_pre"
    with pytest.raises(
        ConfigurationError, match=r"theta has 2 parameters a rule; this study's rules have 6: IE.tau_pre"
    ):
        ss.rules(study, [[1.0, 2.0]])


def test_evaluate_in_another_condition(study):
    rules = ss.rules(study, [RULE])
    compute = ss.Compute("numba", "cpu", 1)
    fitness = ss.evaluate(study, rules, "stability", trials=1, compute=compute)
    assert fitness.sizes == {"rule": 1, "trial": 1, "population": 2, "synapse_type": 1}
    activity = ss.simulate(study, rules, "stability", trials=1, compute=compute)
    np.testing.assert_array_equal(study.conditions["stability"].task.evaluate(activity)["loss"], fitness["loss"])
    assert activity.sizes["spike"] > 0
    with pytest.raises(
        ConfigurationError, match="condition 'darkness': stability_IE has none; allowed: evaluation, stab"
    ):
        ss.evaluate(study, rules, "darkness")


def test_reading_what_is_no_result(tmp_path):
    with pytest.raises(DatasetError, match="there is no such file"):
        ss.read(tmp_path / "nothing.nc")
    (tmp_path / "cut.nc").write_bytes(b"\x89HDF\r\n\x1a\n")
    for read in (ss.read, trace):
        with pytest.raises(DatasetError, match=r"cut.nc: not a readable NetCDF file .*; delete it and run again"):
            read(tmp_path / "cut.nc")
