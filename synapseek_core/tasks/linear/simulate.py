"""The simulation of the task on linear rate networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import numpy as np
import xarray as xr

from synapseek_core.files.contracts.activity import RATE_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.datasets import describe
from synapseek_core.interfaces.costs import FILE_STORAGE, RATE_STEP, RATE_WEIGHT_STEP, VALUE_STORAGE, Cost
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.task import Simulator
from synapseek_core.linear.network import simulate
from synapseek_core.runtime import Compute, jax_device, simulating_device
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.tasks.linear.settings import RateStudy
from synapseek_core.tasks.linear.trials import build_batch, build_network


class RateSimulator(Simulator[RateStudy]):
    """A simulator of rules on a linear rate network."""

    contract: ClassVar[Contract] = RATE_ACTIVITY

    def __init__(self, settings: RateStudy) -> None:
        super().__init__(settings)
        self.network = build_network(settings)

    def device(self, compute: Compute) -> str:
        """Return the description of the simulating device; only JAX simulates rate networks."""
        return simulating_device("jax", compute.device)

    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the weights of every rule in every trial; see `Simulator.simulate`. There are no spikes to keep."""
        settings, batch = self.settings, build_batch(self.settings, trials)
        samples = settings.recording.samples
        with jax.default_device(jax_device(compute.device)):
            states = simulate(
                self.network,
                settings.rule_space.as_simulated(rules.theta),
                batch.weights,
                batch.inputs,
                samples,
            )
        states = jax.tree.map(np.asarray, states)
        status = np.where(states.running[-1], Status.ok, Status.runaway)
        status[~np.isfinite(rules.theta).all(axis=1)] = Status.non_finite
        dims = ("rule", "trial", "step", "output")
        variables: dict[str, Any] = {
            "status": (dims[:2], status),
            "stop_step": (dims[:2], states.steps[-1]),
            "feedforward": ((*dims, "input"), np.moveaxis(states.feedforward, 0, 2)),
            "lateral": ((*dims, "output_other"), np.moveaxis(states.lateral, 0, 2)),
            "principal_component": (("trial", "component", "input"), batch.components),
            "component_variance": (("trial", "component"), batch.variances),
        }
        step = np.arange(samples + 1, dtype=np.int32) * (settings.protocol.steps // samples)
        return describe(xr.Dataset(variables, coords={"rule": list(rules.names), "step": step}), RATE_ACTIVITY)

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Return the activity, of rules that are not kept with first and last weights only; see `Simulator.stored`."""
        whole = xr.DataArray(np.isin(np.arange(activity.sizes["rule"]), kept), dims="rule")
        ends = activity["step"].isin(activity["step"][[0, -1]])
        names = ("feedforward", "lateral")
        shown = {name: activity[name].where(whole | ends).transpose(*activity[name].dims) for name in names}
        return activity.assign(shown)

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """Return the cost of simulations; see `Simulator.cost`."""
        settings, network = self.settings, self.settings.network
        weights = network.outputs * (network.inputs + network.outputs)
        networks, samples = rules * trials, settings.recording.samples
        storage = FILE_STORAGE + VALUE_STORAGE * trials * weights * (2 * rules + kept * samples)
        settling = network.outputs * (network.inputs + network.settling * network.outputs)
        seconds = settings.protocol.steps * (RATE_STEP + RATE_WEIGHT_STEP * networks * settling)
        # All are simulated in one array, on as many cores as JAX finds.
        return Cost(networks, networks, seconds, 3 * VALUE_STORAGE * networks * weights * samples, 0.0, storage)
