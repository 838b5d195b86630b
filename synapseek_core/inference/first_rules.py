"""The first rules of a population: of the mean-field set, and of the prior; and their density over the prior's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.errors import ConfigurationError
from synapseek_core.inference.population import LogDensity
from synapseek_core.interfaces.inference import PopulationSettings
from synapseek_core.plasticity.family import PlasticityFamily
from synapseek_core.seeds import generator
from synapseek_core.theory.mean_field_set import MeanFieldSet, mean_field_set, rate_pairs

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy


def mean_field_table(settings: FamiliesStudy) -> xr.Dataset:
    """Return the normalisers of a study's mean-field set (contract `mean_field`)."""
    own, draw = settings.inference.mean_field, generator(settings.seed, "mean_field_set")
    pairs = rate_pairs(*own.rates, own.grid)
    found = mean_field_set(**_space(settings), pairs=pairs, tolerance=own.tolerance, draw=draw)
    return xr.Dataset(
        {
            "pair_rate": (("rate_pair", "population"), pairs),
            "log_normaliser": (("synapse_type", "rate_pair"), found.log_normaliser),
            "used": ("rate_pair", found.used.astype(np.int8)),
        },
        coords={"population": ["E", "I"], "synapse_type": list(found.synapse_types)},
    )


def set_of(settings: FamiliesStudy, table: xr.Dataset) -> MeanFieldSet:
    """Return the mean-field set of a study from its normalisers."""
    return MeanFieldSet(
        **_space(settings),
        pairs=table["pair_rate"].values,
        tolerance=settings.inference.mean_field.tolerance,
        log_normaliser=table["log_normaliser"].values,
    )


def _space(settings: FamiliesStudy) -> dict[str, Any]:
    """Return family, synapse types, and bounds (synapse type, parameter) of the rules, as attributes of the set."""
    space, box = settings.rule_space, settings.prior_box
    assert isinstance(space.family, PlasticityFamily)
    low, high = space.by_synapse_type(box.low), space.by_synapse_type(box.high)
    return {"family": space.family, "synapse_types": space.synapse_types, "low": low, "high": high}


def of_set(settings: FamiliesStudy, table: xr.Dataset, count: int, draw: np.random.Generator, key: str) -> xr.Dataset:
    """Draw rules of the mean-field set, with `predicted_rate` (rule, population).

    Args:
        key: of the setting that asks for them.

    Raises:
        ConfigurationError: the set is empty.
    """
    found = set_of(settings, table)
    if not found.used.any():
        raise ConfigurationError(
            f"{key}: no rates of inference.mean_field.rates are held by enough rules of the prior; allowed: 0, other "
            "rates, or a larger inference.mean_field.tolerance"
        )
    theta, rates = found.drawn(count, draw)
    return _table(theta.reshape(count, -1), rates)


def first_rules(settings: FamiliesStudy, name: str, table: xr.Dataset | None) -> xr.Dataset:
    """Draw the first rules of a population, with `predicted_rate` and `log_density`.

    Args:
        name: of the population.
        table: contract `mean_field`; None if all rules are of the prior.
    """
    own, draw = settings.inference.populations[name], generator(settings.seed, "first_rules", name)
    of_theory = draw.random(own.size) < own.of_theory
    box = settings.prior_box
    theta = box.low + (box.high - box.low) * draw.random((own.size, len(box.low)))
    rates = np.full((own.size, 2), np.nan)
    if table is not None and of_theory.any():
        key = f"inference.populations.{name}.theory = {own.theory:g}"
        drawn = of_set(settings, table, int(of_theory.sum()), draw, key)
        theta[of_theory], rates[of_theory] = drawn["theta"].values, drawn["predicted_rate"].values
    density = log_density(settings, own, table)(box.to_normal(theta))
    return _table(theta, rates).assign(log_density=("rule", density))


def log_density(settings: FamiliesStudy, own: PopulationSettings, table: xr.Dataset | None) -> LogDensity:
    """Return the function ln g, with g = theory q + 1 - theory, see `mean_field_set`; without a table g = 1."""
    if table is None:
        return lambda z: np.zeros(len(z))
    found, box, space = set_of(settings, table), settings.prior_box, settings.rule_space

    def of(z: np.ndarray) -> np.ndarray:
        theory = found.log_density(space.by_synapse_type(box.from_normal(z)))
        return np.logaddexp(np.log(own.of_theory) + theory, np.log1p(-own.of_theory))

    return of


def _table(theta: np.ndarray, rates: np.ndarray) -> xr.Dataset:
    return xr.Dataset(
        {"theta": (("rule", "parameter"), theta), "predicted_rate": (("rule", "population"), rates)},
        coords={"population": ["E", "I"]},
    )
