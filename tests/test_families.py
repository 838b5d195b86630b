"""Rule spaces: names, search coordinates, and families that ask for what is not there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapseek_core.errors import ConfigurationError
from synapseek_core.plasticity.family import Parameter, PlasticityFamily, RuleSpace
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

SPACE = RuleSpace(SPIKING_FAMILIES["pair"], ("EE", "IE"))


def test_names_are_those_of_the_published_tables():
    assert SPACE.coordinate_names[:3] == ("EE.log_tau_pre", "EE.log_tau_post", "EE.alpha")
    assert SPACE.names[6:8] == ("IE.tau_pre", "IE.tau_post")


@given(st.lists(st.floats(-5, 5), min_size=12, max_size=12))
def test_coordinates_and_back(values):
    coordinates = np.array(values)
    np.testing.assert_allclose(SPACE.to_coordinates(SPACE.from_coordinates(coordinates)), coordinates, atol=1e-12)


def test_overflow_is_infinite_not_an_error():
    assert np.isinf(SPACE.from_coordinates(np.full(12, 1e4))[0])


def test_value_by_type_goes_before_value_by_name():
    values = dict.fromkeys(SPIKING_FAMILIES["pair"].parameter_names, 1.0) | {"IE.alpha": 2.0}
    assert SPACE.expand(values, "key") == [1.0] * 8 + [2.0] + [1.0] * 3


def test_table_of_other_parameters_is_refused():
    with pytest.raises(ConfigurationError, match=r"rules.nc: its parameters are IE\.eta"):
        SPACE.check(["IE.eta"], "rules.nc")


def test_rule_that_asks_for_an_unknown_factor():
    with pytest.raises(ConfigurationError, match=r"asks for \['calcium'\]; known factors are"):
        PlasticityFamily("odd", "", (Parameter("a", "1", "a"),), {}, {}, lambda a: a, lambda calcium: calcium)


def test_trace_without_a_time_constant():
    with pytest.raises(ConfigurationError, match="no parameter 'tau'"):
        PlasticityFamily("odd", "", (Parameter("a", "1", "a"),), {"x": "tau"}, {}, lambda a: a, lambda x: x)
