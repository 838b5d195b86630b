"""The start of a job: as its trial says, from other weights, or from a saved network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from synapseek_core.engine.jobs import Job
from synapseek_core.engine.network import Network, Projection, Trial
from synapseek_core.engine.network_state import NetworkState
from synapseek_core.errors import ConfigurationError

Weights = float | Float32[np.ndarray, " synapses"]
"""One weight for all synapses of a projection or one a synapse, in leak conductances; NaN: as the trial says."""


@dataclass(frozen=True, eq=False)
class InitialWeights:
    """Weights from which plastic projections start in place of the trial's.

    Weights that another network ended with are `InitialWeights(state.weights)` of its `NetworkState`.

    Attributes:
        by_projection: plastic projection -> its weights, or a function of the projection that computes them; the
            others start as the trial says.
    """

    by_projection: Mapping[str, Weights | Callable[[Projection], Weights]]

    def of(self, projection: Projection) -> Float32[np.ndarray, " synapses"]:
        """Return the weight from which every synapse of a plastic projection starts.

        Raises:
            ConfigurationError: as in `Projection.check_plastic`.
        """
        given = self.by_projection.get(projection.name, np.nan)
        values = np.asarray(given(projection) if callable(given) else given, np.float32)
        weights = values if values.ndim else np.full(len(projection.targets), values)
        projection.check_plastic(weights)
        return np.where(np.isnan(weights), projection.synapse_weight, weights)

    def check_fits(self, trial: Trial) -> None:
        """Refuse weights that do not fit the trial; those of functions are checked when the job starts.

        Raises:
            ConfigurationError: a name that is no plastic projection, or as in `of`.
        """
        plastic = {p.name: p for p in trial.plastic}
        for name, given in self.by_projection.items():
            if name not in plastic:
                raise ConfigurationError(
                    f"initial weights of {name!r}, which is no plastic projection; they are {', '.join(plastic)}"
                )
            if not callable(given):
                self.of(plastic[name])


Start = NetworkState | InitialWeights | None
"""Go on from a saved network, start from other weights, or (None) start as the trial says."""


def starting_weights(start: Start, trial: Trial) -> dict[str, Float32[np.ndarray, " synapses"]]:
    """Return plastic projection -> weight from which every synapse starts, for those that `start` names."""
    if isinstance(start, NetworkState):
        return {name: np.asarray(weights, np.float32) for name, weights in start.weights.items()}
    return {p.name: start.of(p) for p in trial.plastic if p.name in start.by_projection} if start else {}


def starts_by_job(
    network: Network,
    trials: Sequence[Trial],
    trials_of: Sequence[Sequence[int]],
    starts: Sequence[Sequence[Start]] | None,
) -> dict[Job, Start]:
    """Return the starts of the jobs that do not start as their trials say.

    Args:
        network, trials, trials_of, starts: as in `engine.simulate`.

    Raises:
        ConfigurationError: not one start a trial of every rule, a start that does not fit its trial, or two different
            ones of a rule in one trial.
    """
    if starts is None:
        return {}
    if [len(own) for own in starts] != [len(own) for own in trials_of]:
        raise ConfigurationError("starts: every rule needs one start for each of its trials")
    by_job: dict[Job, Start] = {}
    for rule, (own, own_starts) in enumerate(zip(trials_of, starts, strict=True)):
        for trial, start in zip(own, own_starts, strict=True):
            if by_job.setdefault(Job(rule, trial), start) is not start:
                raise ConfigurationError(f"starts: rule {rule} starts in trial {trial} twice; repeat the rule instead")
            if isinstance(start, NetworkState):
                start.check_fits(network, trials[trial])
            elif start is not None:
                start.check_fits(trials[trial])
    return {job: start for job, start in by_job.items() if start is not None}
