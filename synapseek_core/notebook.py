"""Functions for notebooks: load a study, put rules together, evaluate them, read a result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from synapseek_core.analysis.registry import ANALYSES
from synapseek_core.errors import ConfigurationError, DatasetError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.registry import CONTRACTS
from synapseek_core.files.contracts.rules import RULES
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.study import EVALUATION, Condition, Study
from synapseek_core.registries import load
from synapseek_core.rule_sets.rule_set import rules as rules_dataset
from synapseek_core.rule_sets.table import read_table
from synapseek_core.runtime import Compute
from synapseek_core.studies.registry import STUDIES


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


def read(path: Path | str) -> xr.Dataset:
    """Read a result whole and check that it is what it says it is.

    Raises:
        DatasetError: as `files.datasets.read`; or the file is of no kind that this project makes.
    """
    with datasets.reading(path), netCDF4.Dataset(path) as opened:
        kind = str(getattr(opened, "kind", ""))
    contract = next((contract for contract in _contracts(kind) if contract.kind == kind), None)
    if contract is None:
        raise DatasetError(f"{path}: is of kind {kind!r}; allowed: {', '.join(CONTRACTS)}, or that of an analysis")
    return datasets.read(path, contract)


def _contracts(kind: str) -> Iterator[Contract]:
    """Yield the contracts that may be of a kind: that of its name, then those of analyses and of tasks."""
    if kind in CONTRACTS:
        yield CONTRACTS[kind]
    yield from (analysis.contract for analysis in ANALYSES.values())
    for place in dict.fromkeys(study.task.simulator for study in STUDIES.values()):
        yield load(place).contract
