"""Generalisation: the fitness of learned and reference rules in all conditions, in one file."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.analysis.conditions import join_conditions
from synapseek_core.files.contracts.rules import GENERALISATION
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import Data, Need, fitness_of, rules_of
from synapseek_core.rule_sets.tested import COORDINATES, TESTED
from synapseek_core.runtime import Compute


def _needs(study: Study) -> tuple[Need, ...]:
    return (rules_of(TESTED), *(fitness_of(TESTED, condition) for condition in study.tested_in))


def _settings(study: Study) -> dict[str, Any]:
    conditions = {
        condition.label: condition.task.settings.scored()
        | {"solved_loss": condition.task.settings.degeneracy.solved_loss}
        for condition in (study.conditions[name] for name in study.tested_in)
    }
    return study.settings.scored("generalisation") | {"conditions": conditions}


def _run(study: Study, data: Data, compute: Compute) -> xr.Dataset:
    """Return the fitness of every rule in every condition.

    Conditions may be of different tasks; of the measures, those are kept that all of them have.
    """
    rules, conditions = data[rules_of(TESTED)], [study.conditions[name] for name in study.tested_in]
    fitness = [data[fitness_of(TESTED, name)] for name in study.tested_in]
    labels = [condition.label for condition in conditions]
    tasks = np.array([condition.task.name for condition in conditions], object)
    solved = [condition.task.settings.degeneracy.solved_loss for condition in conditions]
    return join_conditions(dict(zip(labels, fitness, strict=True))).assign(
        {name: rules[name] for name in ("origin", *COORDINATES)}
        | {"task": ("condition", tasks), "solved_loss": ("condition", solved)}
    )


ANALYSIS = Analysis(GENERALISATION, _needs, _run, _settings)
