"""Rules of a published search: before it, after its generation 5, and at its end."""

from __future__ import annotations

import xarray as xr

from synapseek_core.files.published_runs import published_run
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data
from synapseek_core.rule_sets.rule_set import RuleSet, rules


def _boundaries(settings: StudySettings) -> list[int]:
    if settings.published_run is None:
        return []
    return [0, 5, published_run(settings.published_run).sizes["generation"]]


def _sample(settings: StudySettings, data: Data) -> xr.Dataset:
    """Return means of the published search distribution, in the order that the run went."""
    assert settings.published_run is not None
    run, space, boundaries = published_run(settings.published_run), settings.rule_space, _boundaries(settings)
    mean = run["distribution_mean"].sel(generation_boundary=boundaries).values
    names = [f"published_generation_{boundary}" for boundary in boundaries]
    return rules(space, space.from_coordinates(mean), names)


RULE_SET = RuleSet(_sample, lambda settings: len(_boundaries(settings)), sections=("published_run",))
