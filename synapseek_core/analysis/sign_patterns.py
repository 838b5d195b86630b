"""Signs of the terms of unpaired spikes in rules that work, and the prediction of mean-field theory for these rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.theory.mean_field import pair_rule_is_stable

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

PATTERNS = {"++": (1, 1), "+-": (1, -1), "-+": (-1, 1), "--": (-1, -1)}
"""Signs of alpha and beta."""

RATES = {"E": "rate", "I": "rate_i"}
"""Metric of the rate of each population."""


def structure(
    settings: FamiliesStudy, theta: np.ndarray, scored: xr.Dataset, chosen: Sequence[np.ndarray]
) -> dict[str, Any]:
    """Return sign patterns and mean-field stability of pair rules, as variables of the contract `families`.

    Other rules have none. A rule whose network was stopped has no rates, and does not count for the theory.

    Args:
        theta: (rule, parameter) in natural units.
        scored: metrics (rule, trial) by name.
        chosen: (rule,) of each round.
    """
    if settings.plasticity.family != "pair":
        return {}
    types = settings.plasticity.synapse_types
    by_type = settings.rule_space.by_synapse_type(theta)
    rates = {population: scored[metric].mean("trial", skipna=False).values for population, metric in RATES.items()}
    ended = np.isfinite(rates["E"])
    stable = np.stack([_is_stable(kind, by_type[:, k], rates) for k, kind in enumerate(types)], axis=-1)
    shares = np.array([[_sign_shares(by_type[own, k]) for k in range(len(types))] for own in chosen])
    return {
        "sign_share": (("round", "synapse_type", "sign_pattern"), shares),
        "theory_rejects": (("round", "synapse_type"), np.stack([_mean(~stable[own & ended]) for own in chosen])),
        "theory_rejects_any": ("round", [float(_mean(~stable[own & ended].all(axis=1))) for own in chosen]),
        "synapse_type": ("synapse_type", list(types)),
        "sign_pattern": ("sign_pattern", list(PATTERNS)),
    }


def _is_stable(kind: str, theta: np.ndarray, rates: dict[str, np.ndarray]) -> np.ndarray:
    """Return whether mean-field theory has a stable rate (rule,) for a synapse type, for example EI."""
    return pair_rule_is_stable(theta, rates[kind[0]], excitatory=kind[0] == "E", recurrent=kind[0] == kind[1])


def _sign_shares(theta: np.ndarray) -> list[float]:
    """Return the share of rules (rule, 6) with each pattern of signs."""
    signs = np.sign(theta[:, 2:4])
    return [float(_mean((signs == pattern).all(axis=1))) for pattern in PATTERNS.values()]


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over rules; NaN for none."""
    return np.asarray(values.mean(axis=0) if len(values) else np.full(values.shape[1:], np.nan))
