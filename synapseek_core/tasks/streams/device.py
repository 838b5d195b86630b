"""Evaluation of networks on streams, on a device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from synapseek_core.runtime import Compute, jax_device
from synapseek_core.seeds import Trials
from synapseek_core.streams.recognition import Recognition
from synapseek_core.streams.streams import StreamLaw
from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy


def law_of(settings: ContinualFamiliarityStudy, trials: Trials) -> StreamLaw:
    """Return the distribution of the streams of trials, at their level if they have one."""
    return settings.stream.law(trials.level or settings.stream.interval)


def on_device(
    function: Callable[..., Any],
    settings: ContinualFamiliarityStudy,
    theta: np.ndarray,
    trials: Trials,
    compute: Compute,
) -> Any:
    """Return the result of a function of theta (rule, parameter) and the streams of the trials, as NumPy arrays.

    Args:
        function: (recognition, theta, distribution of the streams, keys of the trials) -> arrays.
    """
    law, network = law_of(settings, trials), settings.build_network()
    task = Recognition(network, settings.stream.shape(network.inputs, law))
    with jax.default_device(jax_device(compute.device)):
        found = function(task, np.asarray(theta, np.float32), law, trials.keys())
    return jax.tree.map(np.asarray, found)
