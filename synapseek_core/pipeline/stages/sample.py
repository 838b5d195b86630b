"""Stage sample: the rules of a rule set."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.rules import RULES
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.results import Data, Need, Rules
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.rule_sets.catalogue import rule_set_of
from synapseek_core.rule_sets.rule_set import RuleSet
from synapseek_core.runtime import Compute


class Sample(DatasetStage[Rules]):
    """Makes tables of rules."""

    name: ClassVar[str] = "sample"
    makes: ClassVar[type] = Rules

    def _rule_set(self, result: Rules) -> RuleSet:
        return rule_set_of(self.study(result), result.rules, self.studies)

    def needs(self, result: Rules) -> tuple[Need, ...]:
        """Return what the rules are made from."""
        return self._rule_set(result).needs

    def files(self, result: Rules) -> tuple[Path, ...]:
        """Return the files of the user's that the rules stand in."""
        return self._rule_set(result).files

    def contract(self, result: Rules) -> Contract:
        """Return the contract of rules."""
        return RULES

    def settings(self, result: Rules) -> dict[str, Any]:
        """Return the settings that the rules depend on."""
        return self._rule_set(result).settings(self.study(result).settings)

    def modules(self, result: Rules) -> tuple[str, ...]:
        """Return the modules that make the rules."""
        rule_set = self._rule_set(result)
        return (rule_set.sample.__module__, *rule_set.modules, *reach.of_rules(self.study(result).settings))

    def run(self, result: Rules, data: Data, compute: Compute) -> xr.Dataset:
        """Make the rules."""
        return self._rule_set(result).sample(self.study(result).settings, data)
