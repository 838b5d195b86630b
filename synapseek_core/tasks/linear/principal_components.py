"""What the studies on rate networks share: settings, data sets, simulation, loss with its gradient, and sensitivity.

A trial is a data set: Gaussian inputs with a random covariance, and random initial weights. The rule acts on every
presented input; the weights after the last one are compared with the leading principal components.
Source: Confavreux et al., NeurIPS 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import jax
import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from synapseek_core.analysis.sensitivity import sensitivity
from synapseek_core.files.contracts.activity import RATE_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.datasets import describe
from synapseek_core.interfaces.costs import FILE_STORAGE, RATE_STEP, RATE_WEIGHT_STEP, VALUE_STORAGE, Cost
from synapseek_core.interfaces.study import PlasticitySettings, StudySettings
from synapseek_core.interfaces.task import DifferentiableTask
from synapseek_core.linear.data import Batch, DataSet, draw_data_set, spectrum
from synapseek_core.linear.loss import LOSSES, angles_to_components, subspace_angle
from synapseek_core.linear.network import RateNetwork, simulate
from synapseek_core.linear.objective import Objective, batch_loss, hessian, loss_and_gradient
from synapseek_core.plasticity.family import RateFamily, RuleFamily
from synapseek_core.plasticity.registry import RATE_FAMILIES
from synapseek_core.quantities import C20, CHOICE, Distribution, Settings, log_uniform, quantity, uniform
from synapseek_core.runtime import Compute, jax_device
from synapseek_core.search.distribution import best_rule
from synapseek_core.seeds import Trials
from synapseek_core.status import Status


class RatePlasticity(PlasticitySettings):
    """Plasticity of a rate network."""

    families: ClassVar[Mapping[str, RuleFamily]] = RATE_FAMILIES
    types: ClassVar[tuple[str, ...]] = ("feedforward", "lateral")

    family: str = quantity("taylor", "1", "family of plasticity rules", C20)
    synapse_types: tuple[str, ...] = quantity(("feedforward",), "1", "plastic synapse types", C20)

    @property
    def rule_family(self) -> RateFamily:
        """The family of rules."""
        return RATE_FAMILIES[self.family]


class RateNetworkSettings(Settings):
    """A layer of linear neurons."""

    inputs: int = quantity(10, "1", "number of inputs", CHOICE, ge=2)
    outputs: int = quantity(1, "1", "number of output neurons", C20, ge=1)
    lateral: Literal["all", "hierarchical"] = quantity(
        "all", "1", "which outputs an output inhibits: all others, or those after it", CHOICE
    )
    settling: int = quantity(
        5, "1", "iterations in which lateral inhibition settles; 1: one step", CHOICE, ge=1, le=1000
    )
    initial_length: Distribution = quantity(
        uniform(0.5, 1.5), "1", "length of each output's initial weight vector, of random direction", CHOICE
    )
    learning_rate: float = quantity(0.15, "1", "eta, multiplies every weight change", CHOICE, gt=0)
    learning_rate_halving: float | None = quantity(
        30.0, "1", "inputs after which eta has halved, as eta / (1 + t / halving); null: constant", CHOICE, gt=0
    )
    maximum_weight: float = quantity(10.0, "1", "a trial stops before a weight grows beyond it", CHOICE, gt=0)


class DataSettings(Settings):
    """Gaussian inputs with random covariances."""

    spectrum: Literal["geometric", "power", "floor"] = quantity(
        "geometric",
        "1",
        "eigenvalues over the largest: geometric decay^k, k = 0, 1, ...; power (1 + k)^-decay; floor: as many as there "
        "are outputs fall evenly from 1 towards 1/2, the others are decay",
        CHOICE,
    )
    decay: Distribution = quantity(uniform(0.3, 0.6), "1", "parameter of the spectrum", CHOICE)
    variance: Distribution = quantity(log_uniform(0.4, 2.0), "1", "largest eigenvalue", CHOICE)

    @model_validator(mode="after")
    def _falls(self) -> DataSettings:
        if self.spectrum != "power" and self.decay.high > 1:
            raise ValueError(f"decay = {self.decay.high:g} makes the {self.spectrum} spectrum rise; allowed: up to 1")
        return self


class RateProtocol(Settings):
    """Presentation, then scoring."""

    steps: int = quantity(500, "1", "presented inputs", CHOICE, ge=1)
    loss: Literal["ordered", "subspace"] = quantity(
        "ordered", "1", "weight vectors against components one by one, or the spaces that they span", C20
    )
    stop_penalty: float = quantity(1.0, "1", "added to the loss of a stopped trial", CHOICE, ge=0)


class RateRecording(Settings):
    """What simulations keep."""

    samples: int = quantity(50, "1", "how often weights are kept, evenly over the presented inputs", CHOICE, ge=1)


class RateStudy(StudySettings):
    """A study on a rate network."""

    search_methods: ClassVar[tuple[str, ...]] = ("cma_es", "gradient")

    plasticity: RatePlasticity = Field(default_factory=RatePlasticity)
    network: RateNetworkSettings = Field(default_factory=RateNetworkSettings)
    data: DataSettings = Field(default_factory=DataSettings)
    protocol: RateProtocol = Field(default_factory=RateProtocol)
    recording: RateRecording = Field(default_factory=RateRecording)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "data", "protocol", "recording")

    @model_validator(mode="after")
    def _fits(self) -> RateStudy:
        if self.network.outputs >= self.network.inputs:
            raise ValueError(
                f"network.outputs = {self.network.outputs} must be below network.inputs = {self.network.inputs}"
            )
        if self.protocol.steps % self.recording.samples:
            raise ValueError(
                f"recording.samples = {self.recording.samples} must divide protocol.steps = {self.protocol.steps}"
            )
        return self


def build_network(settings: RateStudy) -> RateNetwork:
    """What all trials share."""
    network = settings.network
    return RateNetwork(
        family=settings.plasticity.rule_family,
        plastic=settings.plasticity.synapse_types,
        hierarchical=network.lateral == "hierarchical",
        settling=network.settling,
        learning_rate=network.learning_rate,
        halving=network.learning_rate_halving,
        bound=network.maximum_weight,
    )


def build_trial(settings: RateStudy, trials: Trials, trial: int) -> tuple[np.ndarray, DataSet]:
    """Initial weights (output, input) and data set of one trial: the same for every rule."""
    draw, shape = trials.generator(trial, "nuisance"), (settings.network.outputs, settings.network.inputs)
    decay, variance = settings.data.decay.sample(draw), settings.data.variance.sample(draw)
    lengths = np.array([settings.network.initial_length.sample(draw) for _ in range(shape[0])])
    direction = trials.generator(trial, "connectivity").standard_normal(shape)
    weights = direction * (lengths / np.linalg.norm(direction, axis=1))[:, None]
    eigenvalues = variance * spectrum(settings.data.spectrum, decay, shape[1], shape[0])
    return weights, draw_data_set(eigenvalues, settings.protocol.steps, trials.generator(trial, "input"))


def build_batch(settings: RateStudy, trials: Trials) -> Batch:
    """All trials as arrays."""
    weights, sets = zip(*(build_trial(settings, trials, k) for k in range(trials.count)), strict=True)
    return Batch.of(weights, sets, settings.network.outputs)


class RateTask(DifferentiableTask):
    """Simulates and scores rules on a rate network."""

    name: ClassVar[str] = "principal_components"
    activity_contract: ClassVar[Contract] = RATE_ACTIVITY
    settings: RateStudy

    def __init__(self, settings: RateStudy) -> None:
        super().__init__(settings)
        protocol = settings.protocol
        self.objective = Objective(build_network(settings), LOSSES[protocol.loss], protocol.stop_penalty)

    def simulate(
        self,
        theta: np.ndarray,
        names: Sequence[str],
        trials: Trials,
        compute: Compute,
        keep_spikes: Sequence[int] = (),
    ) -> xr.Dataset:
        """Weights of every rule in every trial; see `Task.simulate`. There are no spikes to keep."""
        settings, batch = self.settings, build_batch(self.settings, trials)
        samples = settings.recording.samples
        with jax.default_device(jax_device(compute.device)):
            states = simulate(
                self.objective.network,
                self.settings.rule_space.as_simulated(theta),
                batch.weights,
                batch.inputs,
                samples,
            )
        states = jax.tree.map(np.asarray, states)
        status = np.where(states.running[-1], Status.ok, Status.runaway)
        status[~np.isfinite(theta).all(axis=1)] = Status.non_finite
        dims = ("rule", "trial", "step", "output")
        variables: dict[str, Any] = {
            "status": (dims[:2], status),
            "stop_step": (dims[:2], states.steps[-1]),
            "feedforward": ((*dims, "input"), np.moveaxis(states.feedforward, 0, 2)),
            "lateral": ((*dims, "output_other"), np.moveaxis(states.lateral, 0, 2)),
            "component": (("trial", "component", "input"), batch.components),
            "component_variance": (("trial", "component"), batch.variances),
        }
        step = np.arange(samples + 1, dtype=np.int32) * (settings.protocol.steps // samples)
        return describe(xr.Dataset(variables, coords={"rule": list(names), "step": step}), RATE_ACTIVITY)

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Of rules that are not kept the first and the last weights; see `Task.stored`."""
        whole = xr.DataArray(np.isin(np.arange(activity.sizes["rule"]), kept), dims="rule")
        ends = activity["step"].isin(activity["step"][[0, -1]])
        names = ("feedforward", "lateral")
        shown = {name: activity[name].where(whole | ends).transpose(*activity[name].dims) for name in names}
        return activity.assign(shown)

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """See `Task.cost`."""
        settings, network = self.settings, self.settings.network
        weights = network.outputs * (network.inputs + network.outputs)
        networks, samples = rules * trials, settings.recording.samples
        storage = FILE_STORAGE + VALUE_STORAGE * trials * weights * (2 * rules + kept * samples)
        settling = network.outputs * (network.inputs + network.settling * network.outputs)
        seconds = settings.protocol.steps * (RATE_STEP + RATE_WEIGHT_STEP * networks * settling)
        # All are simulated in one array, on as many cores as JAX finds.
        return Cost(networks, networks, seconds, 3 * VALUE_STORAGE * networks * weights * samples, 0.0, storage)

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Loss, and angles between weight vectors and components, of every rule."""
        weights, components = activity["feedforward"].values, activity["component"].values
        running = (activity["status"] == Status.ok).values
        loss = np.asarray(self.objective.of_weights(weights[:, :, -1], components, running))
        degrees = {"units": "degree"}
        return xr.Dataset(
            {
                "loss": ("rule", loss.mean(axis=1)),
                "loss_of_trial": (("rule", "trial"), loss),
                "status": activity["status"],
                "angle": (
                    ("rule", "trial", "step"),
                    subspace_angle(weights, components[:, None]),
                    degrees | {"long_name": "largest principal angle between weight vectors and leading components"},
                ),
                "angle_to_component": (
                    ("rule", "trial", "step", "output", "component"),
                    angles_to_components(weights, components[:, None]),
                    degrees | {"long_name": "angle between a weight vector and a component, sign aside"},
                ),
            },
            coords={"rule": activity["rule"], "step": activity["step"]},
        )

    def loss(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Loss (rule,); see `Task.loss`. No trajectories are kept."""
        with jax.default_device(jax_device(compute.device)):
            return np.asarray(
                batch_loss(
                    self.objective, self.settings.rule_space.as_simulated(theta), build_batch(self.settings, trials)
                )
            )

    def loss_and_gradient(
        self, theta: np.ndarray, trials: Trials, truncation: int | None, compute: Compute
    ) -> tuple[np.ndarray, np.ndarray]:
        """Loss (rule,) and its gradient (rule, parameter); see `DifferentiableTask`."""
        batch = build_batch(self.settings, trials)
        with jax.default_device(jax_device(compute.device)):
            loss, gradient = loss_and_gradient(
                self.objective, truncation, self.settings.rule_space.as_simulated(theta), batch
            )
        return np.asarray(loss), np.asarray(gradient).reshape(np.shape(theta))

    def degeneracy(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """Local sensitivity at the best rule: the Hessian of its loss over the evaluation trials, and its spectrum."""
        settings, space = self.settings, self.settings.rule_space
        best = best_rule(rules["learned"], fitness["learned"])
        theta = rules["learned"]["theta"].sel(rule=best).values
        trials = Trials(settings.seed, ("evaluation",), settings.evaluation.trials)
        curvature = np.asarray(
            hessian(self.objective, self.settings.rule_space.as_simulated(theta[None]), build_batch(settings, trials))
        )
        return sensitivity(curvature, list(space.coordinate_names))
