"""What the studies on a recurrent spiking network share: settings, the network of a trial, and the activity file."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from synapseek_core.config import PlasticitySettings, StudySettings
from synapseek_core.contracts import SPIKING_ACTIVITY
from synapseek_core.datasets import describe
from synapseek_core.engine.connectivity import projection, random_pairs
from synapseek_core.engine.inputs import PoissonSource
from synapseek_core.engine.network import CHUNK_STEPS, Group, Network, Plasticity, Projection, RateBounds, Trial
from synapseek_core.engine.records import Record, Recording
from synapseek_core.engine.simulation import simulate
from synapseek_core.errors import ConfigurationError
from synapseek_core.neurons import TIME_STEP, NeuronSettings, TIFSettings
from synapseek_core.plasticity import FAMILIES, PlasticityFamily, RuleFamily
from synapseek_core.quantities import C25, CHOICE, Bounds, Distribution, Settings, fixed, log_uniform, quantity, uniform
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials

SPIKING_FAMILIES = {name: family for name, family in FAMILIES.items() if isinstance(family, PlasticityFamily)}
SYNAPSE_TYPES = ("EE", "EI", "IE", "II")
PAIR_RULE_BOUNDS: dict[str, Bounds] = {
    "tau_pre": (0.010, 0.100),
    "tau_post": (0.010, 0.100),
    "alpha": (-2.0, 2.0),
    "beta": (-2.0, 2.0),
    "gamma": (-2.0, 2.0),
    "kappa": (-2.0, 2.0),
}
"""The box of plausible pair rules of Confavreux et al., NeurIPS 2023."""

NO_PLASTICITY: dict[str, float | Bounds] = {
    "tau_pre": 0.010,
    "tau_post": 0.010,
    "alpha": 0.0,
    "beta": 0.0,
    "gamma": 0.0,
    "kappa": 0.0,
}
"""The pair rule at which the published searches start: no weight changes."""

INITIAL_WEIGHTS = {("EE",): {"IE": 0.33}, ("EI",): {"IE": 0.3, "EI": 0.0192}, ("II",): {"IE": 0.3}}
"""Of one plastic type: what differs from the network in which IE is plastic, whose weight IE differs from trial to
trial."""

FINAL_WEIGHTS = {
    "final_weight_mean": "final_mean",
    "final_weight_sd": "final_sd",
    "weight_at_bounds": "at_bounds",
}
CHUNK = CHUNK_STEPS * TIME_STEP
TRANSMITTER = {"E": "ampa", "I": "gaba"}


class WeightSettings(Settings):
    """Weights of each synapse type, in leak conductances; initial ones where the type is plastic."""

    EE: Distribution = quantity(fixed(0.03), "1", "excitatory to excitatory", C25)
    EI: Distribution = quantity(fixed(0.03), "1", "excitatory to inhibitory", C25)
    IE: Distribution = quantity(uniform(0.0, 0.3), "1", "inhibitory to excitatory", C25)
    II: Distribution = quantity(fixed(0.3), "1", "inhibitory to inhibitory", C25)


def initial_weights(plastic: tuple[str, ...]) -> WeightSettings:
    """Initial weights of a study in which these synapse types are plastic.

    Published for IE alone. The others are chosen so that the network without plasticity has the losses at which the
    published searches start; see `benchmarks/initial_weights.py`.
    """
    if plastic == ("IE",):
        return WeightSettings()
    changes = INITIAL_WEIGHTS[plastic] if len(plastic) == 1 else {"IE": 0.28}
    return WeightSettings(**{name: fixed(weight) for name, weight in changes.items()})


class MaximumWeightSettings(Settings):
    """Upper bounds of the weights of plastic synapse types, in leak conductances."""

    EE: Distribution = quantity(fixed(0.3), "1", "excitatory to excitatory", C25)
    EI: Distribution = quantity(fixed(0.3), "1", "excitatory to inhibitory", C25)
    IE: Distribution = quantity(log_uniform(2.0, 3.0), "1", "inhibitory to excitatory", C25)
    II: Distribution = quantity(log_uniform(2.0, 3.0), "1", "inhibitory to inhibitory", CHOICE)


class NetworkSettings(Settings):
    """A recurrent network of excitatory (E) and inhibitory (I) neurons with random sparse connections."""

    neuron: NeuronSettings = Field(default_factory=TIFSettings)
    excitatory: int = quantity(8000, "1", "number of excitatory neurons", C25, ge=1)
    inhibitory: int = quantity(2000, "1", "number of inhibitory neurons", C25, ge=1)
    connection_probability: float = quantity(0.02, "1", "of every pair, all four types", C25, gt=0, lt=1)
    weight: WeightSettings = Field(default_factory=WeightSettings)
    maximum_weight: MaximumWeightSettings = Field(default_factory=MaximumWeightSettings)
    learning_rate: float = quantity(0.01, "1", "eta, multiplies every weight change", C25, ge=0)


class InputSettings(Settings):
    """Independent Poisson inputs to all neurons."""

    sources: int = quantity(5000, "1", "number of inputs", C25, ge=1)
    rate: Distribution = quantity(uniform(1.0, 5.0), "Hz", "background rate of every input", C25)
    weight: float = quantity(0.1, "1", "weight in leak conductances", C25, ge=0)

    @abstractmethod
    def connect(self, pre: Group, post: Group, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Connections from the inputs to the neurons: (row_start, targets) as in `Projection`."""


class RandomInputSettings(InputSettings):
    """Independent Poisson inputs, connected at random to all neurons."""

    connection_probability: float = quantity(0.05, "1", "of an input and a neuron", C25, gt=0, lt=1)

    def connect(self, pre: Group, post: Group, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Each pair independently with `connection_probability`."""
        return random_pairs(pre, post, self.connection_probability, generator)


class RecordingSettings(Settings):
    """What simulations of spiking networks keep."""

    bin: float = quantity(0.010, "s", "width of the bins of population rates, a divisor of 0.1 s", CHOICE, gt=0)
    synapses: int = quantity(50, "1", "sampled weights a plastic synapse type", CHOICE, ge=1)
    weight_interval: float = quantity(0.1, "s", "time between two samples of the weights, in 0.1 s", CHOICE, gt=0)

    @model_validator(mode="after")
    def _divides(self) -> RecordingSettings:
        steps = self.bin / TIME_STEP
        if abs(steps - round(steps)) > 1e-6 or CHUNK_STEPS % round(steps):
            raise ValueError(f"bin = {self.bin:g} s must be a whole number of 0.1 ms steps that divides 0.1 s")
        if abs(self.weight_interval / CHUNK - self.weight_chunks) > 1e-6 or self.weight_chunks < 1:
            raise ValueError(f"weight_interval = {self.weight_interval:g} s must be a multiple of {CHUNK:g} s")
        return self

    @property
    def weight_chunks(self) -> int:
        """Chunks between two samples of the weights."""
        return round(self.weight_interval / CHUNK)

    @property
    def bin_steps(self) -> int:
        """Bin width in time steps."""
        return round(self.bin / TIME_STEP)


class RecurrentRecordingSettings(RecordingSettings):
    """What simulations of recurrent networks keep; spike trains only of the rules that a figure needs."""

    excitatory: int = quantity(160, "1", "excitatory neurons whose spike trains are kept", CHOICE, ge=0)
    inhibitory: int = quantity(40, "1", "inhibitory neurons whose spike trains are kept", CHOICE, ge=0)


class SpikingPlasticity(PlasticitySettings):
    """Plasticity of a recurrent spiking network."""

    families: ClassVar[Mapping[str, RuleFamily]] = SPIKING_FAMILIES
    types: ClassVar[tuple[str, ...]] = SYNAPSE_TYPES


class SpikingStudy(StudySettings):
    """A study on a recurrent spiking network."""

    plasticity: SpikingPlasticity = Field(default_factory=SpikingPlasticity)
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    input: InputSettings
    recording: RecurrentRecordingSettings = Field(default_factory=RecurrentRecordingSettings)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "input", "recording", "protocol")

    def check(self, key: str) -> None:
        """Check too that the neurons have what the rules read; see `StudySettings.check`."""
        super().check(key)
        check_state(self.plasticity.family, self.network.neuron, key)


def check_state(family: str, neuron: Any, key: str) -> None:
    """Refuse rules that read state variables which the neuron has not.

    Raises:
        ConfigurationError: one line with the key and what is missing.
    """
    missing = SPIKING_FAMILIES[family].postsynaptic_state.keys() - neuron.build().initial_state.keys()
    if missing:
        raise ConfigurationError(
            f"{key}: plasticity.family = {family!r} reads {', '.join(sorted(missing))} of the postsynaptic neuron, "
            f"which network.neuron.model = {neuron.model!r} has not; a model that has: 'cvaif'"
        )


def groups(settings: SpikingStudy) -> dict[str, Group]:
    """Units of the network: E, I, all neurons, and the inputs."""
    excitatory, neurons = settings.network.excitatory, settings.network.excitatory + settings.network.inhibitory
    return {
        "E": Group("E", 0, excitatory),
        "I": Group("I", excitatory, neurons),
        "neurons": Group("neurons", 0, neurons),
        "input": Group("input", neurons, neurons + settings.input.sources),
    }


def build_network(settings: SpikingStudy, bounds: RateBounds) -> Network:
    """What all trials share."""
    units = groups(settings)
    return Network(
        neuron=settings.network.neuron.build(),
        populations=(units["E"], units["I"]),
        n_sources=settings.input.sources,
        family=SPIKING_FAMILIES[settings.plasticity.family],
        plastic=settings.plasticity.synapse_types,
        bounds=bounds,
    )


def nuisance_parameters(settings: SpikingStudy, trials: Trials, trial: int) -> dict[str, float]:
    """Input rate (Hz), weights and maximum weights of one trial, each drawn from its law, in a fixed order."""
    draw = trials.generator(trial, "nuisance")
    network = settings.network
    parameters = {"input_rate": settings.input.rate.sample(draw)}
    for name in SYNAPSE_TYPES:
        parameters[f"weight_{name}"] = getattr(network.weight, name).sample(draw)
        parameters[f"maximum_weight_{name}"] = getattr(network.maximum_weight, name).sample(draw)
    return parameters


def poisson_source(settings: SpikingStudy, trials: Trials, trial: int, nuisance: Mapping[str, float]) -> PoissonSource:
    """The background input of one trial."""
    return PoissonSource(settings.input.sources, nuisance["input_rate"], trials, trial)


def projections(
    settings: SpikingStudy, trials: Trials, trial: int, nuisance: Mapping[str, float]
) -> tuple[Projection, ...]:
    """Connectivity of one trial, the same for every rule, as in `Trial`."""
    units, network = groups(settings), settings.network
    connect = trials.generator(trial, "connectivity")
    recurrent = []
    for name in SYNAPSE_TYPES:
        pre, post = units[name[0]], units[name[1]]
        pairs = random_pairs(pre, post, network.connection_probability, connect)
        plasticity = None
        if name in settings.plasticity.synapse_types:
            plasticity = Plasticity(network.learning_rate, nuisance[f"maximum_weight_{name}"])
        weight = nuisance[f"weight_{name}"]
        recurrent.append(projection(name, pre, post, TRANSMITTER[name[0]], pairs, weight, plasticity))
    pairs = settings.input.connect(units["input"], units["neurons"], connect)
    feedforward = projection("input", units["input"], units["neurons"], "ampa", pairs, settings.input.weight)
    order = settings.plasticity.synapse_types
    plastic = [next(p for p in recurrent if p.name == name) for name in order]
    return (*plastic, *(p for p in recurrent if p.name not in order), feedforward)


def recording(settings: SpikingStudy, keep_spikes: Sequence[int]) -> Recording:
    """What to record: evenly spaced neurons of each population."""
    units, wanted = groups(settings), settings.recording
    kept: list[int] = []
    for group, count in ((units["E"], wanted.excitatory), (units["I"], wanted.inhibitory)):
        kept += np.linspace(group.start, group.stop - 1, min(count, group.size)).astype(int).tolist()
    return Recording(wanted.bin_steps, tuple(kept), tuple(keep_spikes), wanted.synapses, wanted.weight_chunks)


def run(
    settings: SpikingStudy,
    network: Network,
    trials: Sequence[Trial],
    theta: np.ndarray,
    compute: Compute,
    keep_spikes: Sequence[int],
) -> list[list[Record]]:
    """Simulate all rules in all trials; theta (rule, parameter) in natural units."""
    by_type = settings.rule_space.by_synapse_type(np.asarray(theta)).astype(np.float32)
    return simulate(network, trials, by_type, recording(settings, keep_spikes), compute)


def activity(
    recording: RecordingSettings,
    network: Network,
    trials: Sequence[Trial],
    nuisance: Sequence[dict[str, float]],
    records: Sequence[Sequence[Record]],
    names: Sequence[str],
    windows: Sequence[str],
) -> xr.Dataset:
    """The activity dataset (contract `spiking_activity`) of a set of records.

    Args:
        records: [rule][trial].
        windows: names of the scored windows.
    """
    width = recording.bin
    sizes = np.array([group.size for group in network.populations])
    longest = max(trial.steps for trial in trials)
    every = Recording(recording.bin_steps, weight_chunks=recording.weight_chunks)
    bins, samples = every.bins(longest), every.weight_samples(longest)

    def stack(field: str, length: int, axis: int) -> np.ndarray:
        return np.array([[_pad(getattr(r, field), length, axis) for r in row] for row in records])

    stops = np.array([[r.stop_time for r in row] for row in records])
    edges = np.array([trial.windows for trial in trials]) * TIME_STEP
    time = (np.arange(bins) + 1) * width
    rate = stack("counts", bins, 1) / (sizes[:, None] * width)
    variables: dict[str, Any] = {
        "status": (("rule", "trial"), [[int(r.status) for r in row] for row in records]),
        "stop_time": (("rule", "trial"), stops),
        "duration": (("trial",), [t.steps * TIME_STEP for t in trials]),
        "window_start": (("trial", "window"), edges[..., 0]),
        "window_stop": (("trial", "window"), edges[..., 1]),
        # A bin that the trial did not complete has no rate.
        "rate": (
            ("rule", "trial", "population", "time"),
            np.where(time <= stops[:, :, None, None] + width / 2, rate, np.nan),
        ),
        "filtered_rate": (("rule", "trial", "time"), stack("filtered_rate", bins, 0)),
        "rate_sd": (("rule", "trial", "population", "window"), _spread(network, records, edges, stops)),
        "weight_mean": (("rule", "trial", "synapse_type", "weight_time"), stack("weight_mean", samples, 1)),
        "weight_sd": (("rule", "trial", "synapse_type", "weight_time"), stack("weight_sd", samples, 1)),
        "weight_sample": (
            ("rule", "trial", "synapse_type", "weight_time", "synapse"),
            stack("weight_sample", samples, 1),
        ),
        **{
            name: (("rule", "trial", "synapse_type"), [[getattr(r, field) for r in row] for row in records])
            for name, field in FINAL_WEIGHTS.items()
        },
    } | _spikes(records)
    dataset = xr.Dataset(
        variables,
        coords={
            "rule": list(names),
            "population": [group.name for group in network.populations],
            "synapse_type": list(network.plastic),
            "time": time,
            "weight_time": np.arange(samples) * recording.weight_interval,
            "window": list(windows),
        },
    )
    dataset["time"].attrs["axis"] = "T"
    return describe(dataset.assign(_nuisance_variables(nuisance)), SPIKING_ACTIVITY)


def _spread(network: Network, records: Sequence[Sequence[Record]], edges: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """(rule, trial, population, window) spread of the neurons' rates in Hz; NaN where the window was not completed."""
    counts = np.array([[r.window_counts for r in row] for row in records])
    rates = counts / (edges[..., 1] - edges[..., 0])[..., None]
    spread = np.stack([rates[..., g.start : g.stop].std(axis=-1) for g in network.populations], axis=2)
    completed = edges[..., 1] <= stops[..., None] + TIME_STEP / 2
    return np.where(completed[:, :, None], spread, np.nan)


def _pad(array: np.ndarray, length: int, axis: int) -> np.ndarray:
    """Lengthen a record of a shorter trial: no rate and no weight exist there."""
    missing = length - array.shape[axis]
    fill = 0 if array.dtype.kind == "i" else np.nan
    widths = [(0, missing if k == axis else 0) for k in range(array.ndim)]
    return np.pad(array, widths, constant_values=fill)


def _spikes(records: Sequence[Sequence[Record]]) -> dict[str, Any]:
    parts = [
        np.column_stack([r.spikes, np.full(len(r.spikes), rule), np.full(len(r.spikes), trial)])
        for rule, row in enumerate(records)
        for trial, r in enumerate(row)
    ]
    spikes = np.concatenate(parts)
    return {
        "spike_time": ("spike", spikes[:, 0] * TIME_STEP),
        "spike_neuron": ("spike", spikes[:, 1]),
        "spike_rule": ("spike", spikes[:, 2]),
        "spike_trial": ("spike", spikes[:, 3]),
    }


def _nuisance_variables(nuisance: Sequence[dict[str, float]]) -> dict[str, Any]:
    variables = {}
    for name in nuisance[0]:
        units = "Hz" if name.endswith("_rate") else "1"
        attributes = {"units": units, "long_name": f"{name.replace('_', ' ')} of the trial"}
        variables[name] = ("trial", np.array([n[name] for n in nuisance], np.float32), attributes)
    return variables


def input_spikes(trials: Sequence[Trial], inputs: np.ndarray) -> xr.Dataset:
    """Spikes of some inputs in every trial, as the contract `spiking_activity` has them."""
    parts = []
    for number, trial in enumerate(trials):
        for chunk in range(trial.chunks):
            step, source = trial.spikes.arrivals(chunk)
            kept = np.isin(source, inputs)
            time = (step[kept] + chunk * CHUNK_STEPS) * TIME_STEP
            parts.append(np.column_stack([time, source[kept], np.full(len(time), number)]))
    columns = np.concatenate(parts).T
    names = ("input_spike_time", "input_spike_source", "input_spike_trial")
    return xr.Dataset({name: ("input_spike", column) for name, column in zip(names, columns, strict=True)})


def inside_windows(activity: xr.Dataset) -> xr.DataArray:
    """Whether a time bin is in a scored window, (time, trial, window)."""
    start, stop = activity["window_start"], activity["window_stop"]
    return (activity["time"] > start + 1e-6) & (activity["time"] <= stop + 1e-6)


def window_rates(activity: xr.Dataset) -> xr.DataArray:
    """Mean rate (rule, trial, population, window) in Hz over each scored window; NaN where it was not reached."""
    rate = activity["rate"].where(inside_windows(activity))
    return rate.mean("time").transpose("rule", "trial", "population", "window")
