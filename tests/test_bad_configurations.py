"""Configurations changed at random: accepted and ready to be planned, or refused line by line; never a traceback."""

import time
import warnings

import pytest
from bad_configurations import configurations, everything
from hypothesis import HealthCheck, given, settings

from synapseek_core.errors import ConfigurationError
from synapseek_core.pipeline.graph import Graph
from synapseek_core.studies import project
from synapseek_core.studies.registry import STUDIES

UNHURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
WORDS = ["allow", "should", "must", "need", "mean", "missing", "above", "value", "known", "least", "shipped", "null:"]
"""One of them is in every line: what is allowed, or what is wrong."""


def answer(config):
    """Load a configuration and plan all its jobs, or return the lines that refuse it."""
    try:
        loaded = project.load(config)
    except ConfigurationError as error:
        return str(error).split("\n")
    graph = Graph(loaded.setup())
    for result in graph.all_before(graph.figures()):
        stage = graph.stage(result)
        stage.cost(result)
        stage.settings(result)
        stage.modules(result)
    return []


@pytest.fixture(scope="module")
def imported():
    """What is imported when it is asked for is there: its time is not that of a configuration."""
    assert not any(answer(everything(name)) for name in STUDIES)


def check(case):
    """The lines that refuse a changed configuration, and the seconds that it took."""
    config, changed = case
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        began = time.process_time()
        lines = answer(config)
        took = time.process_time() - began
    assert took < 5
    for line in lines:
        assert line.startswith("config.yaml")
        assert line.isprintable()
        assert any(word in line for word in WORDS), line
    # A key that was changed, or the group that it is in, is named, what cannot be printed of it escaped.
    named = {repr(str(step))[1:-1][:20] or "''" for path in changed for step in path[-2:]}
    assert not lines or any(name in line for name in named for line in lines), (lines, changed)
    return lines, took


# The same in every run: a failure is then of a change.
@settings(max_examples=500, derandomize=True, **UNHURRIED)
@given(case=configurations())
def test_changed_configuration_gives_lines_for_the_user(imported, case):
    check(case)
