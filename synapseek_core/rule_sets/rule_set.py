"""What a rule set is, and how a table of rules is put together."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, Need
from synapseek_core.plasticity.family import RuleSpace


def _none(settings: StudySettings) -> int:
    return 0


@dataclass(frozen=True)
class RuleSet:
    """One way to get rules.

    Attributes:
        sample: (settings, data) -> rules (contract `rules`).
        count: settings -> number of rules, known before anything is computed; of a set that leaves rules out the
            largest number.
        kept: settings -> number of the rules of which spikes and time courses are kept.
        needs: what it is made from.
        files: files of the user's that it is made from.
        sections: names of the sections of settings that the rules depend on, besides what they are made from.
        depends: settings -> what else they depend on, as plain values for JSON.
        modules: full names of modules of this package that `sample` loads by their names.
    """

    sample: Callable[[Any, Data], xr.Dataset]
    count: Callable[[Any], int]
    kept: Callable[[Any], int] = _none
    needs: tuple[Need, ...] = ()
    files: tuple[Path, ...] = ()
    sections: tuple[str, ...] = ()
    depends: Callable[[Any], dict[str, Any]] = lambda settings: {}
    modules: tuple[str, ...] = ()

    def settings(self, settings: StudySettings) -> dict[str, Any]:
        """Return the settings that the rules depend on, as plain values for JSON.

        On scores they depend through what they need.
        """
        return settings.simulated(*self.sections) | self.depends(settings)


def rules(
    space: RuleSpace,
    theta: np.ndarray,
    names: Sequence[str],
    keep_spikes: Sequence[bool] | None = None,
    first_trial: np.ndarray | None = None,
) -> xr.Dataset:
    """Return a rules dataset of theta (rule, parameter) in natural units.

    Args:
        keep_spikes: (rule,) whether spikes and time courses are kept; None: of no rule.
        first_trial: (rule,) number of the first trial that a rule meets, where rules meet trials of their own; None:
            the first rule meets the first trial first, the next one the second, ...
    """
    keep = np.zeros(len(names), np.int8) if keep_spikes is None else np.asarray(keep_spikes, np.int8)
    first = np.arange(len(names)) if first_trial is None else first_trial
    return xr.Dataset(
        {
            "theta": (("rule", "parameter"), np.asarray(theta, np.float64)),
            "parameter_units": ("parameter", [parameter.unit for parameter in space.parameters]),
            "keep_spikes": ("rule", keep),
            "first_trial": ("rule", np.asarray(first, np.int64)),
        },
        coords={"rule": list(names), "parameter": list(space.names)},
    )


def numbered(
    settings: StudySettings, theta: np.ndarray, name: str, numbers: Sequence[int] | np.ndarray | None = None
) -> xr.Dataset:
    """Return a rules dataset of drawn rules, numbered, each with a first trial drawn from (set, number).

    Args:
        numbers: (rule,) their numbers; None: 0, 1, ...
    """
    names = [f"{name}_{k:05d}" for k in (range(len(theta)) if numbers is None else numbers)]
    first = np.array([zlib.crc32(label.encode()) for label in names], np.int64)
    return rules(settings.rule_space, theta, names, first_trial=first)
