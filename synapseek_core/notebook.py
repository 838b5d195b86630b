"""Functions for notebooks: load a study, put rules together, evaluate them, read a result."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from synapseek_core.errors import ConfigurationError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import RULES
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.study import EVALUATION, Condition, Study
from synapseek_core.rule_sets.rule_set import rules as rules_dataset
from synapseek_core.rule_sets.table import read_table
from synapseek_core.runtime import Compute


def rules(
    study: Study,
    theta: Sequence[Sequence[float]] | np.ndarray | Mapping[str, Mapping[str, float]],
    names: Sequence[str] | None = None,
) -> xr.Dataset:
    """Return rules of a study (contract `rules`) from their parameters.

    Args:
        study: whose rules they are.
        theta: (rule, parameter) in natural units, in the order of `study.settings.rule_space.names`; or name of a rule
            -> its values as in `reference` of the configuration, by parameter, by type and parameter, or by type.
        names: (rule,) of the rules; by default they are numbered.

    Raises:
        ConfigurationError: the values are not those of the study's parameters.
    """
    space = study.settings.rule_space
    if isinstance(theta, Mapping):
        names, theta = list(theta), [space.expand(rule, f"rules: {name}") for name, rule in theta.items()]
    values = np.atleast_2d(np.asarray(theta, np.float64))
    if values.shape[1] != len(space.names):
        raise ConfigurationError(
            f"theta has {values.shape[1]} parameters a rule; this study's rules have {len(space.names)}: "
            f"{', '.join(space.names)}"
        )
    names = [f"rule_{k + 1}" for k in range(len(values))] if names is None else list(names)
    table = rules_dataset(space, values, names, [True] * len(names))
    return datasets.described(table, RULES, "rules", {"study": study.name})


def read_rules(study: Study, path: str | Path) -> xr.Dataset:
    """Read a table of rules of a study, .csv or .nc: one row a rule, one column a parameter; see `rule_sets.table`.

    Raises:
        DatasetError: the file, row and column of what is wrong.
    """
    return read_table(Path(path), study.settings.rule_space)


def simulate(
    study: Study,
    rules: xr.Dataset,
    condition: str = EVALUATION,
    trials: int | None = None,
    compute: Compute | None = None,
) -> xr.Dataset:
    """Simulate networks under rules and return their activity, spike trains included.

    Args:
        rules: contract `rules`, see `rules`.
        condition: name of a condition, see `study.conditions`.
        trials: number of trials; by default that of the condition.
        compute: backend, device and threads; by default all cores.
    """
    chosen = _condition(study, condition)
    drawn = chosen.trials if trials is None else replace(chosen.trials, count=trials)
    compute = compute or Compute(threads=os.cpu_count() or 1)
    return chosen.task.simulate(RuleTable.from_dataset(rules), drawn, compute)


def evaluate(
    study: Study,
    rules: xr.Dataset,
    condition: str = EVALUATION,
    trials: int | None = None,
    compute: Compute | None = None,
) -> xr.Dataset:
    """Simulate networks under rules and return the loss and the measures of each (contract `fitness`).

    Arguments as of `simulate`.
    """
    return _condition(study, condition).task.evaluate(simulate(study, rules, condition, trials, compute))


def _condition(study: Study, name: str) -> Condition:
    if name not in study.conditions:
        raise ConfigurationError(f"condition {name!r}: {study.name} has none; allowed: {', '.join(study.conditions)}")
    return study.conditions[name]
