"""Continual familiarity detection: a network sees a stream of patterns and must say of each whether it came before.

What is learned is a whole network: with HebbFF the rule of its plastic weights (lambda and eta) together with its
static weights and biases. A trial is a stream, drawn when it is needed; its level is the repeat interval R. Loss:
binary cross-entropy, mean over the patterns of a stream; success: the share of right answers.
Source: Tyulmankov, Yang and Abbott, Neuron 110:544, 2022.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import jax
import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from synapseek_core.analysis.plastic_network import pinned_and_free
from synapseek_core.files.contracts.activity import STREAM_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.datasets import describe
from synapseek_core.interfaces.costs import FILE_STORAGE, RATE_STEP, RATE_WEIGHT_STEP, VALUE_STORAGE, Cost
from synapseek_core.interfaces.study import PlasticitySettings, StudySettings
from synapseek_core.interfaces.task import DifferentiableTask, LevelledTask
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.quantities import CHOICE, T22, Settings, quantity
from synapseek_core.runtime import Compute, jax_device
from synapseek_core.search.distribution import best_rule, is_learned
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.streams import recognition
from synapseek_core.streams.bogacz_brown import BogaczBrown
from synapseek_core.streams.hebbff import HebbFF, Readout, Sign
from synapseek_core.streams.lstm import LSTM
from synapseek_core.streams.network import StreamNetwork
from synapseek_core.streams.recognition import Recognition, Record
from synapseek_core.streams.streams import StreamLaw, StreamShape

NETWORKS: dict[str, Callable[..., StreamNetwork]] = {"hebbff": HebbFF, "lstm": LSTM, "bogacz_brown": BogaczBrown}


class NetworkPlasticity(PlasticitySettings):
    """Which network is learned, and what is free in it."""

    families: ClassVar[Mapping[str, Any]] = NETWORKS
    types: ClassVar[tuple[str, ...]] = ("feedforward",)

    family: str = quantity("hebbff", "1", "kind of network: hebbff, or one to compare it with", T22)
    synapse_types: tuple[str, ...] = quantity(("feedforward",), "1", "plastic synapse types", T22)
    sign: Sign = quantity("free", "1", "sign of eta of hebbff: free, or forced to be positive or negative", T22)
    readout: Readout = quantity(
        "weighted", "1", "of hebbff; uniform: one hidden bias and one output weight for all units", T22
    )

    @model_validator(mode="after")
    def _of_hebbff(self) -> NetworkPlasticity:
        if self.family != "hebbff" and (self.sign, self.readout) != ("free", "weighted"):
            raise ValueError(f"sign and readout are of hebbff; {self.family} has neither")
        return self


class StreamNetworkSettings(Settings):
    """Size of the network."""

    inputs: int = quantity(100, "1", "elements of a pattern", T22, ge=1)
    units: int = quantity(100, "1", "hidden units", T22, ge=1)


class StreamSettings(Settings):
    """The streams of patterns."""

    interval: int = quantity(3, "1", "R, steps after which a pattern comes again, where no curriculum says", T22, ge=1)
    repeat_probability: float = quantity(
        0.5, "1", "probability of a repeat, at a step where there can be one", T22, gt=0, lt=1
    )
    multiple_repeats: bool = quantity(False, "1", "whether a repeated pattern may be repeated again", T22)
    steps: int = quantity(200, "1", "patterns in a stream, at least", T22, ge=2)
    steps_per_interval: int = quantity(20, "1", "patterns in a stream for each step of R, at least", T22, ge=2)
    noise: float = quantity(
        0.0, "1", "probability that an element of a repeated pattern is turned over", CHOICE, ge=0, le=1
    )
    correlation: float = quantity(0.0, "1", "correlation of any two patterns of a stream", CHOICE, ge=0, lt=1)

    def law(self, interval: int) -> StreamLaw:
        """The law of streams with this repeat interval."""
        scored = max(self.steps, self.steps_per_interval * interval)
        return StreamLaw(interval, scored, self.repeat_probability, self.multiple_repeats, self.noise, self.correlation)

    def shape(self, inputs: int, law: StreamLaw) -> StreamShape:
        """How streams of this law are drawn: with 1, 2, 4, ... times `steps` patterns, so that few shapes are
        compiled; those beyond the scored ones do not count."""
        doublings = (-(-law.scored // self.steps) - 1).bit_length()
        return StreamShape(inputs, self.steps * 2**doublings, plain=not (self.noise or self.correlation))


class StreamRecording(Settings):
    """What simulations keep."""

    steps: int = quantity(
        200, "1", "last steps of the first stream of which patterns and hidden activity are kept", CHOICE
    )


@lru_cache
def _space(network: StreamNetwork, kinds: tuple[str, ...]) -> RuleSpace:
    return RuleSpace(network.family, kinds)


class ContinualFamiliarityStudy(StudySettings):
    """Settings of a study of continual familiarity detection."""

    search_methods: ClassVar[tuple[str, ...]] = ("cma_es", "sep_cma_es", "gradient")
    has_levels: ClassVar[bool] = True

    plasticity: NetworkPlasticity = Field(default_factory=NetworkPlasticity)
    network: StreamNetworkSettings = Field(default_factory=StreamNetworkSettings)
    stream: StreamSettings = Field(default_factory=StreamSettings)
    recording: StreamRecording = Field(default_factory=StreamRecording)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "stream", "recording")

    @property
    def rule_space(self) -> RuleSpace:
        """The space of networks: their parameters depend on the network's size."""
        return _space(self.build_network(), self.plasticity.synapse_types)

    def build_network(self) -> StreamNetwork:
        """The network, without its parameters."""
        size, plasticity = (self.network.inputs, self.network.units), self.plasticity
        options = (plasticity.sign, plasticity.readout) if plasticity.family == "hebbff" else ()
        return NETWORKS[plasticity.family](*size, *options)

    @model_validator(mode="after")
    def _whole_gradients(self) -> ContinualFamiliarityStudy:
        for name, search in self.search.items():
            if getattr(search, "truncation", None) is not None:
                raise ValueError(f"search.{name}.truncation must be null: all steps of a stream are scored")
        return self


class ContinualFamiliarityTask(DifferentiableTask, LevelledTask):
    """Simulates and scores networks on streams."""

    name: ClassVar[str] = "continual_familiarity"
    activity_contract: ClassVar[Contract] = STREAM_ACTIVITY
    settings: ContinualFamiliarityStudy

    def __init__(self, settings: ContinualFamiliarityStudy) -> None:
        super().__init__(settings)
        self.network = settings.build_network()

    def _law(self, trials: Trials) -> StreamLaw:
        stream = self.settings.stream
        return stream.law(trials.level or stream.interval)

    def _on_device(self, function: Callable[..., Any], theta: np.ndarray, trials: Trials, compute: Compute) -> Any:
        """A function of `recognition`, of theta (rule, parameter) and the streams of the trials, as NumPy arrays."""
        law = self._law(trials)
        task = Recognition(self.network, self.settings.stream.shape(self.network.inputs, law))
        with jax.default_device(jax_device(compute.device)):
            found = function(task, np.asarray(theta, np.float32), law, trials.keys())
        return jax.tree.map(np.asarray, found)

    def loss(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Loss (rule,); see `Task.loss`. No activity is kept."""
        return self._on_device(recognition.loss, theta, trials, compute)

    def loss_and_gradient(
        self, theta: np.ndarray, trials: Trials, truncation: int | None, compute: Compute
    ) -> tuple[np.ndarray, np.ndarray]:
        """Loss (rule,) and its gradient (rule, parameter), through all steps; see `DifferentiableTask`."""
        return self._on_device(recognition.loss_and_gradient, theta, trials, compute)

    def success(self, theta: np.ndarray, trials: Trials, compute: Compute) -> np.ndarray:
        """Share of right answers (rule, trial); see `LevelledTask`."""
        return self._on_device(recognition.accuracy, theta, trials, compute)

    def simulate(
        self,
        theta: np.ndarray,
        names: Sequence[str],
        trials: Trials,
        compute: Compute,
        keep_spikes: Sequence[int] = (),
    ) -> xr.Dataset:
        """Answers of every network to every stream; see `Task.simulate`. There are no spikes to keep."""
        scored = self._law(trials).scored
        found: Record = self._on_device(recognition.record, theta, trials, compute)
        repeated, logit, activity = (a[..., :scored] for a in (found.repeated, found.logit, found.activity))
        step = np.arange(1, logit.shape[-1] + 1, dtype=np.int32)
        last = slice(-self.settings.recording.steps, None)
        finite = np.isfinite(logit).all(-1)
        variables: dict[str, Any] = {
            "status": (("rule", "trial"), np.where(finite, Status.ok, Status.non_finite)),
            "logit": (("rule", "trial", "step"), logit),
            "repeated": (("trial", "step"), repeated),
            "hidden_new": (("rule", "trial"), _mean_where(activity, ~repeated)),
            "hidden_repeated": (("rule", "trial"), _mean_where(activity, repeated)),
            "shown_pattern": (("shown_step", "input"), found.patterns[:scored][last]),
            "shown_hidden": (("rule", "shown_step", "unit"), found.hidden[:, :scored][:, last]),
        }
        coordinates = {"rule": list(names), "step": step, "shown_step": step[last]}
        return describe(xr.Dataset(variables, coords=coordinates), STREAM_ACTIVITY)

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Hidden activity step by step of the rules that are kept; see `Task.stored`."""
        is_kept = xr.DataArray(np.isin(np.arange(activity.sizes["rule"]), kept), dims="rule")
        return activity.assign(shown_hidden=activity["shown_hidden"].where(is_kept))

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """See `Task.cost`; of the streams where no curriculum makes them longer."""
        settings, size = self.settings, self.settings.network
        law = settings.stream.law(settings.stream.interval)
        steps = settings.stream.shape(size.inputs, law).steps
        networks, weights = rules * trials, size.units * size.inputs
        seconds = steps * (RATE_STEP + RATE_WEIGHT_STEP * networks * weights)
        shown = settings.recording.steps * (size.inputs + kept * size.units)
        storage = FILE_STORAGE + VALUE_STORAGE * (networks * law.scored + shown)
        # All are simulated in one array, on as many cores as JAX finds.
        return Cost(networks, networks, seconds, VALUE_STORAGE * networks * (weights + 2 * steps), 0.0, storage)

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Loss, accuracy, true and false positive rate of every network, and mean hidden activity."""
        logit, repeated = activity["logit"].values, activity["repeated"].values.astype(bool)
        loss = np.asarray(recognition.cross_entropy(logit, repeated)).mean(-1)
        loss = np.where(np.isfinite(loss), loss, recognition.FAILED)
        said = logit > 0
        measures = {
            "accuracy": ((said == repeated).mean(-1), "share of right answers"),
            "true_positive_rate": (_mean_where(said, repeated), "share of repeats that were called so"),
            "false_positive_rate": (_mean_where(said, ~repeated), "share of new patterns that were called repeats"),
        }
        described = {
            name: (("rule", "trial"), values.astype(np.float32), {"units": "1", "long_name": text})
            for name, (values, text) in measures.items()
        }
        kept = {name: activity[name] for name in ("status", "hidden_new", "hidden_repeated")}
        losses = {"loss": ("rule", loss.mean(axis=1)), "loss_of_trial": (("rule", "trial"), loss)}
        return xr.Dataset(losses | described | kept, coords={"rule": activity["rule"]})

    def degeneracy(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """What the loss pins and what it leaves free in the best network, and how alike the learned networks are."""
        settings, theta = self.settings, rules["learned"]["theta"]
        best = theta.sel(rule=best_rule(rules["learned"], fitness["learned"])).values
        trials = Trials(settings.seed, ("evaluation",), settings.evaluation.trials)
        return pinned_and_free(
            self.network,
            settings.rule_space,
            theta.values[is_learned(rules["learned"])],
            best,
            lambda moved: self.loss(moved, trials, Compute()),
            settings.seed,
        )


def _mean_where(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Mean (rule, trial) of values (rule, trial, step) over the chosen steps (trial, step); NaN if there are none."""
    with np.errstate(invalid="ignore"):
        return (values * chosen).sum(-1) / chosen.sum(-1)
