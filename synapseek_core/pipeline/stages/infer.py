"""Stage infer: the posterior of rules of a round, given the activity that it asks for, from all rounds before."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.inference import POSTERIOR
from synapseek_core.interfaces.costs import INFERENCE, Cost
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.results import Data, Need, Posterior, fitness_of, rules_of
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.rule_sets.catalogue import rounds_before
from synapseek_core.runtime import Compute

INFERENCE_CODE, FEATURES_CODE = "synapseek_core.inference.rounds", "synapseek_core.inference.features"


class Infer(DatasetStage[Posterior]):
    """Fits posteriors."""

    name: ClassVar[str] = "infer"
    makes: ClassVar[type] = Posterior

    def needs(self, result: Posterior) -> tuple[Need, ...]:
        """Return rules and fitness of the prior and of the rounds before."""
        before = rounds_before(self.study(result).settings, result.round)
        return tuple(need(name) for need in (rules_of, fitness_of) for name in before)

    def contract(self, result: Posterior) -> Contract:
        """Return the contract of posteriors."""
        return POSTERIOR

    def settings(self, result: Posterior) -> dict[str, Any]:
        """Return the settings that the posterior depends on."""
        return self.study(result).settings.inference_sections(result.round)

    def modules(self, result: Posterior) -> tuple[str, ...]:
        """Return the modules of the rules, which the classifier sees through their mean field."""
        return (INFERENCE_CODE, FEATURES_CODE, *reach.of_rules(self.study(result).settings))

    def cost(self, result: Posterior) -> Cost:
        """Return the cost of a fit."""
        return Cost(core_seconds=INFERENCE)

    def run(self, result: Posterior, data: Data, compute: Compute) -> xr.Dataset:
        """Fit the posterior."""
        # Here: few jobs need the flows, which take long to import.
        from synapseek_core.inference.features import rule_features
        from synapseek_core.inference.rounds import fit_round, simulations
        from synapseek_core.inference.unfinished import Unfinished

        settings, name = self.study(result).settings, result.round
        before = rounds_before(settings, name)
        rules, fitness = ([data[need(one)] for one in before] for need in (rules_of, fitness_of))
        own, box, features = settings.rounds[name], settings.prior_box, partial(rule_features, settings.rule_space)
        learned_from = simulations(own, settings.plausible, box, features, rules, fitness)
        unfinished = Unfinished(compute.unfinished, self.digest(result))
        return fit_round(settings.inference, name, settings.seed, settings.plausible, box, learned_from, unfinished)
