"""Challenges of the best rules: plausibility of the network over a long time, and with one synapse type frozen.

A frozen type has the mean weight with which the rule's own trials ended (its initial one, where these were stopped)
and does not change; the other types go on by their rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from synapseek_core.analysis.conditions import join_conditions
from synapseek_core.files.contracts.inference import CHALLENGES
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.study import EVALUATION, Study
from synapseek_core.pipeline.results import Data, Need, fitness_of
from synapseek_core.rule_sets.examples import EXAMPLES
from synapseek_core.runtime import Compute

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

SCORES = ("loss", "status", "meets")


def _conditions(study: Study[FamiliesStudy]) -> tuple[str, ...]:
    return (EVALUATION, *study.challenged_in)


def _needs(study: Study[FamiliesStudy]) -> tuple[Need, ...]:
    return tuple(fitness_of(EXAMPLES, condition) for condition in _conditions(study))


def _settings(study: Study[FamiliesStudy]) -> dict[str, Any]:
    return study.settings.scored("evaluation")


def _run(study: Study[FamiliesStudy], data: Data, compute: Compute) -> xr.Dataset:
    """Return the fitness of the best rules as they were evaluated and in every challenge."""
    fitness = {name: data[fitness_of(EXAMPLES, name)] for name in _conditions(study)}
    labels = {EVALUATION: f"{study.settings.protocol.mean_duration:g} s"}
    labels |= {name: study.conditions[name].label for name in study.challenged_in}
    joined = join_conditions({labels[name]: scores for name, scores in fitness.items()}, SCORES)
    joined = joined.assign(constraint_group=fitness[EVALUATION]["constraint_group"])
    return joined.transpose("rule", "condition", "trial", "constraint", ...)


ANALYSIS = Analysis(CHALLENGES, _needs, _run, _settings)
