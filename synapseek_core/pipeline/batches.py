"""How the rules of a rule set are cut into batches, one job each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr

from synapseek_core.interfaces.study import Study
from synapseek_core.rule_sets.catalogue import rule_set_of


@dataclass(frozen=True)
class Batch:
    """Positions of rules, of `planned` ones: a rule set that leaves rules out has fewer, which are spread evenly.

    Attributes:
        start, stop: first and last + 1 position.
        planned: number of rules of the set as it is planned.
    """

    start: int
    stop: int
    planned: int

    def __len__(self) -> int:
        return self.stop - self.start

    def within(self, rules: xr.Dataset) -> range:
        """Return the positions of the batch among the rules that there are."""
        count = rules.sizes["rule"]
        return range(self.start * count // self.planned, self.stop * count // self.planned)


def batches(study: Study, rules: str, others: Mapping[str, Study]) -> list[Batch]:
    """Return the batches of a rule set of a study, in order.

    Args:
        others: the studies of the project.
    """
    size = study.settings.evaluation.batch_size
    count = rule_set_of(study, rules, others).count(study.settings)
    return [Batch(start, min(start + size, count), count) for start in range(0, count, size)]
