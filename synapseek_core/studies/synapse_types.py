"""Initial weights of the studies in which pair rules are on some synapse types.

Only those of the studies of IE are published: EE and EI 0.03, II 0.3, IE uniform in [0, 0.3] from trial to trial. For
the others they are fitted, see `fitted`.
"""

from __future__ import annotations

from collections.abc import Mapping

from synapseek_core.quantities import fixed
from synapseek_core.tasks.recurrent.spiking import WeightSettings

Fitted = Mapping[tuple[str, ...], Mapping[str, float]]
"""Plastic synapse types -> synapse type -> its weight, in leak conductances, where it is fitted."""

ALONE: Fitted = {("EE",): {"IE": 0.265, "EE": 0.024}, ("EI",): {"IE": 0.3, "EI": 0.0192}}
"""Of one plastic type, in both tasks."""

STABILITY: Fitted = {**ALONE, ("II",): {"IE": 0.3}}
FAMILIARITY: Fitted = {
    **ALONE,
    ("II",): {"IE": 0.265},
    ("EE", "EI"): {"IE": 0.3},
    ("EE", "IE"): {"IE": 0.3},
    ("EE", "II"): {"IE": 0.265},
    ("EI", "IE"): {"IE": 0.3},
}


def initial_weights(weights: Fitted, plastic: tuple[str, ...]) -> WeightSettings:
    """Return the initial weights of a study in which these synapse types are plastic."""
    return WeightSettings(**{name: fixed(weight) for name, weight in weights.get(plastic, {}).items()})


def fitted(weights: Fitted, plastic: tuple[str, ...]) -> dict[str, str]:
    """Return the keys that are fitted -> what they are fitted to; see `benchmarks/initial_weights.py`."""
    found = {f"network.weight.{name}": "published losses of generation 0" for name in weights.get(plastic, {})}
    bound = {"network.maximum_weight.II": "a published final rule stops all trials with a bound of 2 to 3"}
    return found | (bound if "II" in plastic else {})
