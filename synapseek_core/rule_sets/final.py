"""The first and the final rule of a published search."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import xarray as xr

from synapseek_core.files.published_runs import read_published_run
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.study import FINAL, START
from synapseek_core.pipeline.results import Data
from synapseek_core.rule_sets.rule_set import RuleSet, rules


def first_and_final(path: Path) -> RuleSet:
    """Return the rule set of the first and the last mean of a published run."""

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        space, means = settings.rule_space, read_published_run(path)["distribution_mean"].values[[0, -1]]
        return rules(space, space.from_coordinates(means), [START, FINAL])

    def depends(settings: StudySettings) -> dict[str, Any]:
        return {"published_run": hashlib.sha256(path.read_bytes()).hexdigest()}

    return RuleSet(sample, lambda settings: 2, files=(path,), depends=depends)
