"""The final rule of a published search."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import xarray as xr

from synapseek_core.files.published_runs import read_published_run
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data
from synapseek_core.rule_sets.rule_set import RuleSet, rules


def final_rule(run: str, path: Path) -> RuleSet:
    """Return the rule set of the last mean of a published run, called by the name of the run."""

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        space, mean = settings.rule_space, read_published_run(path)["distribution_mean"].values[-1:]
        return rules(space, space.from_coordinates(mean), [run])

    def depends(settings: StudySettings) -> dict[str, Any]:
        return {"published_run": hashlib.sha256(path.read_bytes()).hexdigest()}

    return RuleSet(sample, lambda settings: 1, files=(path,), depends=depends)
