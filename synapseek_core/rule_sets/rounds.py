"""Rules of a round of inference."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import xarray as xr

from synapseek_core.interfaces.inference import RoundSettings
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, posterior_of
from synapseek_core.registries import module_of
from synapseek_core.rule_sets.prior import drawn_from_prior
from synapseek_core.rule_sets.rule_set import RuleSet, numbered

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

FEATURES, SAMPLE_ROUND = "inference.features:rule_features", "inference.rounds:sample_round"
"""Places of what only this rule set needs."""


def round_of_inference(name: str, own: RoundSettings) -> RuleSet:
    """Return the rule set of a round: draws from its posterior, or more from the prior or from another's."""

    def count(settings: StudySettings) -> int:
        return own.samples

    if own.extends == "prior":
        return RuleSet(lambda settings, data: drawn_from_prior(settings, name, own.samples), count, sections=("prior",))
    posterior = posterior_of(own.extends or name)

    def depends(settings: StudySettings) -> dict[str, Any]:
        return {"round": own.model_dump(mode="json")}

    def sample(settings: FamiliesStudy, data: Data) -> xr.Dataset:
        # Here: few jobs need the flows, which take long to import.
        from synapseek_core.inference.features import rule_features
        from synapseek_core.inference.rounds import sample_round

        features = partial(rule_features, settings.rule_space)
        theta = sample_round(settings.inference, name, settings.seed, settings.prior_box, features, data[posterior])
        return numbered(settings, theta, name)

    modules = module_of(FEATURES), module_of(SAMPLE_ROUND)
    return RuleSet(sample, count, needs=(posterior,), sections=("prior",), depends=depends, modules=modules)
