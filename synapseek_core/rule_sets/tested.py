"""Learned and known rules in one table, to be tested in conditions that they were not learned in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, rules_of
from synapseek_core.rule_sets.rule_set import RuleSet, rules
from synapseek_core.search.distribution import is_learned, is_start

TESTED = "tested"


def tested(parts: Sequence[tuple[str, RuleSet]]) -> RuleSet:
    """Return the rule set of the rules of several, by name; of `learned` the outcomes and the starts of searches."""

    def count(settings: StudySettings) -> int:
        return sum(part.kept(settings) if name == "learned" else part.count(settings) for name, part in parts)

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        tables = []
        for name, _ in parts:
            table = data[rules_of(name)]
            if name == "learned":
                tables += [_part("start", table, is_start(table)), _part(name, table, is_learned(table))]
            else:
                tables.append(_part(name, table, np.ones(table.sizes["rule"], bool)))
        joined = join_rules(tables)
        whole = rules(settings.rule_space, joined["theta"].values, [str(name) for name in joined["rule"].values])
        return whole.assign(joined.drop_vars("theta"))

    return RuleSet(sample, count, needs=tuple(rules_of(name) for name, _ in parts))


COORDINATES = {
    "search_of_rule": ("", "search that the rule belongs to; empty for rules of none"),
    "restart_of_rule": (-1, "restart that learned the rule, -1 for others"),
    "particle_of_rule": (-1, "search distribution of the run, -1 for others"),
}
"""Where a learned rule comes from: variable -> its value for other rules, meaning."""


def _part(origin: str, table: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    part = table.isel(rule=chosen)
    count = part.sizes["rule"]
    columns = {"origin": np.full(count, origin, object)}
    for name, (other, _) in COORDINATES.items():
        columns[name] = (
            part[name].values if name in part else np.full(count, other, object if other == "" else np.int32)
        )
    meanings = {"origin": "where the rule comes from"} | {name: text for name, (_, text) in COORDINATES.items()}
    attributed = {
        name: ("rule", values, {"units": "1", "long_name": meanings[name]}) for name, values in columns.items()
    }
    return part[["theta"]].assign(attributed)
