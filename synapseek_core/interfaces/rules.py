"""The table of rules that a simulation takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr


@dataclass(frozen=True)
class RuleTable:
    """Rules that are simulated side by side.

    Attributes:
        theta: (rule, parameter) in natural units.
        names: (rule,) labels; nothing that is computed depends on them.
        kept: positions of the rules of which spike trains and time courses are kept.
        first_trial: (rule,) number of the first trial that a rule is evaluated on, where rules have trials of their
            own; None: as numbered here.
        input_rate: (rule,) background rate in Hz of the inputs; NaN: that of the trial. None: of all rules.
        frozen_weight: plastic synapse type -> (rule,) weight at which all its synapses start; NaN: that of the trial.
    """

    theta: np.ndarray
    names: tuple[str, ...]
    kept: tuple[int, ...] = ()
    first_trial: np.ndarray | None = None
    input_rate: np.ndarray | None = None
    frozen_weight: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.theta)

    @classmethod
    def of(
        cls, theta: Sequence | np.ndarray, names: Sequence[str] | None = None, kept: Sequence[int] = ()
    ) -> RuleTable:
        """Return a table of theta (rule, parameter), the rules numbered where they have no names."""
        theta = np.asarray(theta, np.float64)
        names = [f"rule_{k}" for k in range(len(theta))] if names is None else names
        return cls(theta, tuple(names), tuple(int(k) for k in kept))

    @classmethod
    def from_dataset(cls, rules: xr.Dataset) -> RuleTable:
        """Return the table of a dataset (contract `rules`)."""
        kept = np.flatnonzero(rules["keep_spikes"].values) if "keep_spikes" in rules else ()
        table = cls.of(rules["theta"].values, [str(name) for name in rules["rule"].values], tuple(kept))
        first = rules["first_trial"].values if "first_trial" in rules else None
        rate = rules["input_rate"].values if "input_rate" in rules else None
        return cls(table.theta, table.names, table.kept, first, rate)

    def with_frozen_weights(self, weights: Mapping[str, np.ndarray]) -> RuleTable:
        """Return the rules with weights at which frozen synapse types start; see `frozen_weight`."""
        return replace(self, frozen_weight=weights)
