"""The simulation of networks on streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from synapseek_core.files.contracts.activity import STREAM_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.datasets import describe
from synapseek_core.interfaces.costs import FILE_STORAGE, RATE_STEP, RATE_WEIGHT_STEP, VALUE_STORAGE, Cost
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.task import Simulator
from synapseek_core.runtime import Compute, simulating_device
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.streams.recognition import Record, record
from synapseek_core.tasks.streams.device import law_of, on_device
from synapseek_core.tasks.streams.means import mean_where
from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy


class StreamSimulator(Simulator[ContinualFamiliarityStudy]):
    """A simulator of networks on streams."""

    contract: ClassVar[Contract] = STREAM_ACTIVITY

    def device(self, compute: Compute) -> str:
        """Return the description of the simulating device; only JAX simulates networks on streams."""
        return simulating_device("jax", compute.device)

    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the answers of every network to every stream; see `Simulator.simulate`. There are no spikes."""
        scored = law_of(self.settings, trials).scored
        found: Record = on_device(record, self.settings, rules.theta, trials, compute)
        repeated, logit, activity = (a[..., :scored] for a in (found.repeated, found.logit, found.activity))
        step = np.arange(1, logit.shape[-1] + 1, dtype=np.int32)
        last = slice(-self.settings.recording.steps, None)
        finite = np.isfinite(logit).all(-1)
        variables: dict[str, Any] = {
            "status": (("rule", "trial"), np.where(finite, Status.ok, Status.non_finite)),
            "logit": (("rule", "trial", "step"), logit),
            "repeated": (("trial", "step"), repeated),
            "hidden_new": (("rule", "trial"), mean_where(activity, ~repeated)),
            "hidden_repeated": (("rule", "trial"), mean_where(activity, repeated)),
            "shown_pattern": (("shown_step", "input"), found.patterns[:scored][last]),
            "shown_hidden": (("rule", "shown_step", "unit"), found.hidden[:, :scored][:, last]),
        }
        coordinates = {"rule": list(rules.names), "step": step, "shown_step": step[last]}
        return describe(xr.Dataset(variables, coords=coordinates), STREAM_ACTIVITY)

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Return the activity with step-by-step hidden activity of the kept rules only; see `Simulator.stored`."""
        is_kept = xr.DataArray(np.isin(np.arange(activity.sizes["rule"]), kept), dims="rule")
        return activity.assign(shown_hidden=activity["shown_hidden"].where(is_kept))

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """Return the cost of simulations at the settings' repeat interval; see `Simulator.cost`.

        A curriculum may make the streams longer.
        """
        settings, size = self.settings, self.settings.network
        law = settings.stream.law(settings.stream.interval)
        steps = settings.stream.shape(size.inputs, law).steps
        networks, weights = rules * trials, size.units * size.inputs
        seconds = steps * (RATE_STEP + RATE_WEIGHT_STEP * networks * weights)
        shown = settings.recording.steps * (size.inputs + kept * size.units)
        storage = FILE_STORAGE + VALUE_STORAGE * (networks * law.scored + shown)
        # All are simulated in one array, on as many cores as JAX finds.
        return Cost(networks, networks, seconds, VALUE_STORAGE * networks * (weights + 2 * steps), 0.0, storage)
