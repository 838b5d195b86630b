"""One trial on a recurrent spiking network: its nuisance parameters, connectivity and background input."""

from __future__ import annotations

from collections.abc import Mapping

from synapseek_core.engine.connectivity import projection, random_pairs
from synapseek_core.engine.inputs import PoissonSource
from synapseek_core.engine.network import Plasticity, Projection, Trial
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent.spiking import SYNAPSE_TYPES, SpikingStudy, groups

TRANSMITTER = {"E": "ampa", "I": "gaba"}


def trial_with_one_window(
    settings: SpikingStudy,
    trials: Trials,
    trial: int,
    training_time: float,
    scoring_time: float,
    input_rate: float | None,
) -> tuple[Trial, dict[str, float]]:
    """Return a trial with background input throughout and one window at the end, and its nuisance parameters.

    Args:
        settings: a `SpikingStudy` whose protocol has a `scoring_time`, the duration of the window in s.
        training_time: time before the window in s, rounded to a recording bin.
        input_rate: as in `nuisance_parameters`.
    """
    nuisance = nuisance_parameters(settings, trials, trial, input_rate)
    start = round(training_time / settings.recording.bin) * settings.recording.bin_steps
    stop = start + round(scoring_time / TIME_STEP)
    source = poisson_source(settings, trials, trial, nuisance)
    return Trial(projections(settings, trials, trial, nuisance), source, stop, ((start, stop),)), nuisance


def nuisance_parameters(
    settings: SpikingStudy, trials: Trials, trial: int, input_rate: float | None
) -> dict[str, float]:
    """Draw input rate (Hz), weights and maximum weights of one trial from their distributions, in a fixed order.

    Args:
        input_rate: in Hz, in place of the one that is drawn; all else is drawn as without it.
    """
    draw = trials.generator(trial, "nuisance")
    network = settings.network
    parameters = {"input_rate": settings.input.rate.sample(draw)}
    for name in SYNAPSE_TYPES:
        parameters[f"weight_{name}"] = getattr(network.weight, name).sample(draw)
        parameters[f"maximum_weight_{name}"] = getattr(network.maximum_weight, name).sample(draw)
    return parameters if input_rate is None else parameters | {"input_rate": input_rate}


def poisson_source(settings: SpikingStudy, trials: Trials, trial: int, nuisance: Mapping[str, float]) -> PoissonSource:
    """Return the background input of one trial."""
    return PoissonSource(settings.input.sources, nuisance["input_rate"], trials, trial)


def projections(
    settings: SpikingStudy, trials: Trials, trial: int, nuisance: Mapping[str, float]
) -> tuple[Projection, ...]:
    """Draw the connectivity of one trial, the same for every rule, in the form of `Trial`."""
    units, network = groups(settings), settings.network
    connect = trials.generator(trial, "connectivity")
    recurrent = []
    for name in SYNAPSE_TYPES:
        pre, post = units[name[0]], units[name[1]]
        pairs = random_pairs(pre, post, network.connection_probability, connect)
        plasticity = None
        if name in settings.plasticity.synapse_types:
            rate = 0.0 if name in settings.plasticity.frozen else network.learning_rate
            plasticity = Plasticity(rate, nuisance[f"maximum_weight_{name}"])
        weight = nuisance[f"weight_{name}"]
        recurrent.append(projection(name, pre, post, TRANSMITTER[name[0]], pairs, weight, plasticity))
    pairs = settings.input.connect(units["input"], units["neurons"], connect)
    feedforward = projection("input", units["input"], units["neurons"], "ampa", pairs, settings.input.weight)
    order = settings.plasticity.synapse_types
    plastic = [next(p for p in recurrent if p.name == name) for name in order]
    return (*plastic, *(p for p in recurrent if p.name not in order), feedforward)
