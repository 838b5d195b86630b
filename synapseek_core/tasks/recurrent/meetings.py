"""The trials that each rule is evaluated on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synapseek_core.interfaces.rules import RuleTable

Meeting = tuple[int, float | None]
"""Number of a trial, and the background rate in Hz under a rule; None: that of the trial."""


@dataclass(frozen=True)
class Meetings:
    """The trials that each rule is evaluated on.

    Attributes:
        asked: [rule][k] the k-th trial of each rule.
        differ: whether rules may be evaluated on trials of their own.
    """

    asked: Sequence[Sequence[Meeting]]
    differ: bool

    @cached_property
    def distinct(self) -> list[Meeting]:
        """All trials that some rule is evaluated on, each once, in order."""
        return sorted({one for rule in self.asked for one in rule}, key=lambda one: (one[0], one[1] or 0.0))

    @cached_property
    def of_rules(self) -> list[list[int]]:
        """Positions [rule][k] in `distinct` of the k-th trial of each rule."""
        place = {one: k for k, one in enumerate(self.distinct)}
        return [[place[one] for one in rule] for rule in self.asked]


def shared_trials(rules: RuleTable, count: int) -> Meetings:
    """Return the trials of rules that are all evaluated on the first `count`, some at input rates of their own."""
    rates = input_rates(rules)
    return Meetings([[(trial, rate) for trial in range(count)] for rate in rates], rules.input_rate is not None)


def own_trials(rules: RuleTable, count: int, draws: int) -> Meetings:
    """Return the trials of rules that are each evaluated on `count` of `draws` trials, from their own first one on."""
    first = range(len(rules)) if rules.first_trial is None else rules.first_trial
    asked = [
        [((int(start) + k) % draws, rate) for k in range(count)]
        for start, rate in zip(first, input_rates(rules), strict=True)
    ]
    return Meetings(asked, differ=True)


def input_rates(rules: RuleTable) -> list[float | None]:
    """Return the background rate in Hz of each rule; None where the rule has none of its own."""
    if rules.input_rate is None:
        return [None] * len(rules)
    return [float(rate) if np.isfinite(rate) else None for rate in rules.input_rate]
