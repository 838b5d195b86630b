"""Rules of another study, all or those that are plausible."""

from __future__ import annotations

import xarray as xr

from synapseek_core.errors import ConfigurationError
from synapseek_core.interfaces.settings import RuleSetSettings, StudySettings
from synapseek_core.pipeline.results import Data, fitness_of, rules_of
from synapseek_core.rule_sets.rule_set import RuleSet, rules

CARRIED = ("first_trial", "input_rate")
"""What rules bring with them besides their parameters."""


def elsewhere(name: str, own: RuleSetSettings, study: str, rule_set: str, available: int) -> RuleSet:
    """Return the rule set of rules of another study.

    Args:
        name: of the rule set that takes them.
        own: its settings.
        study, rule_set: where they come from.
        available: number of rules there.
    """
    there, scores = rules_of(rule_set).of(study), fitness_of(rule_set).of(study)

    def count(settings: StudySettings) -> int:
        return available if own.most is None else min(own.most, available)

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        table = data[there]
        if own.only == "plausible":
            met = data[scores]["meets"].all(("trial", "constraint")).values
            if not met.any():
                raise ConfigurationError(
                    f"rule_sets.{name}: of the {len(met)} rules of {study}/{rule_set} none is plausible; without "
                    "`only` all of them are taken"
                )
            table = table.isel(rule=met)
        table = table.isel(rule=slice(0, count(settings)))
        found = rules(
            settings.rule_space,
            table["theta"].values,
            [str(rule) for rule in table["rule"].values],
            first_trial=table["first_trial"].values,
        )
        return found.assign({name: table[name] for name in CARRIED if name in table})

    needs = (there, scores) if own.only else (there,)
    return RuleSet(sample, count, needs=needs, depends=lambda settings: {"rule_set": own.model_dump(mode="json")})
