"""Common interface of the backends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from synapseek_core.engine.network import Network, Trial
from synapseek_core.engine.records import Record, Recording
from synapseek_core.engine.registry import BACKENDS
from synapseek_core.engine.start import Start
from synapseek_core.runtime import Compute, choose_backend


def simulate(
    network: Network,
    trials: Sequence[Trial],
    theta: Float32[np.ndarray, "rule projection parameter"],
    recording: Recording,
    compute: Compute,
    trials_of: Sequence[Sequence[int]] | None = None,
    starts: Sequence[Sequence[Start]] | None = None,
) -> list[list[Record]]:
    """Simulate every rule in every trial, or in its own trials, and return the records.

    Args:
        network: what all trials share.
        trials: connectivity and input, shared by the rules.
        theta: rule parameters of every plastic projection, in natural units (time constants in s).
        recording: what to keep.
        compute: backend, device, threads.
        trials_of: [rule] positions of the trials of each rule; None: all.
        starts: [rule][k] from where a rule starts in the k-th of its trials; None: all as the trials say. A network
            that goes on does so at step 0 of its new trial, whose spike source gives what it hears from now on (see
            `LaterChunks`), and whose windows and frozen intervals count from there.

    Returns:
        records[rule][trial], or [rule][k] for the k-th of its own trials. The result of a rule in a trial does not
        depend on the others.

    Raises:
        DeviceError: the demanded device is not there.
        ConfigurationError: a start does not fit its trial, or networks cannot be saved at the ends of these trials.
    """
    backend = choose_backend(compute.backend, compute.device)
    threads = {"threads": compute.threads} if backend == "numba" else {}
    return BACKENDS[backend](network, trials, theta, recording, trials_of=trials_of, starts=starts, **threads)
