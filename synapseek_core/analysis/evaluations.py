"""Losses of rules from elsewhere in all conditions in which they were evaluated, in one file."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.files.contracts.contract import Contract, Variable
from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import Data, Need, fitness_of
from synapseek_core.rule_sets.catalogue import conditions_of
from synapseek_core.runtime import Compute
from synapseek_core.status import Status

EVALUATIONS = Contract(
    "evaluations",
    "Loss of rules from elsewhere in all conditions in which they were evaluated",
    {
        "loss": Variable(("rule", "condition"), "1", "loss of the rule, mean over trials"),
        "stopped": Variable(("rule", "condition"), "1", "share of the trials that were stopped before their end"),
        "rule_set": Variable(("rule",), "1", "rule set that the rule is of", "str"),
        "name_in_rule_set": Variable(("rule",), "1", "name of the rule there", "str"),
        "solved_loss": Variable(("condition",), "1", "a rule with at most this loss solves the task"),
    },
)


def _needs(study: Study) -> tuple[Need, ...]:
    sets = study.settings.rule_sets
    return tuple(fitness_of(name, condition) for name in sets for condition in conditions_of(study, name))


def _settings(study: Study) -> dict[str, Any]:
    return study.settings.scored("rule_sets", "generalisation", "degeneracy")


def _run(study: Study, data: Data, compute: Compute) -> xr.Dataset:
    return join_rules([_of_rule_set(study, name, data) for name in study.settings.rule_sets])


def _of_rule_set(study: Study, name: str, data: Data) -> xr.Dataset:
    """Return the losses of the rules of one rule set in every condition."""
    conditions = conditions_of(study, name)
    fitness = [data[fitness_of(name, condition)] for condition in conditions]
    rules = [str(rule) for rule in fitness[0]["rule"].values]
    solved = [study.conditions[condition].task.settings.degeneracy.solved_loss for condition in conditions]
    stopped = [(scores["status"] != Status.ok).mean("trial").values for scores in fitness]
    return xr.Dataset(
        {
            "loss": (("rule", "condition"), np.stack([scores["loss"].values for scores in fitness], axis=1)),
            "stopped": (("rule", "condition"), np.stack(stopped, axis=1)),
            "rule_set": ("rule", np.full(len(rules), name, object)),
            "name_in_rule_set": ("rule", np.array(rules, object)),
            "solved_loss": ("condition", solved),
        },
        coords={
            "rule": [f"{name}/{rule}" for rule in rules],
            "condition": [study.conditions[condition].label for condition in conditions],
        },
    )


ANALYSIS = Analysis(EVALUATIONS, _needs, _run, _settings)
