"""Scales of parameters: the coordinate in which a search sees a parameter that has bounds of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

Function = Callable[[np.ndarray], np.ndarray]
ScaleName = Literal["linear", "log", "minus_log", "logit"]


@dataclass(frozen=True)
class Scale:
    """A one-to-one map between a parameter and an unbounded search coordinate.

    Attributes:
        prefix: of the coordinate's name, before the parameter's.
        domain: what values the parameter can have, in words.
        low, high: they are strictly between these.
        to_coordinate, from_coordinate: the map and its inverse.
        slope: d parameter / d coordinate, as a function of the parameter.
    """

    prefix: str
    domain: str
    low: float
    high: float
    to_coordinate: Function
    from_coordinate: Function
    slope: Function


SCALES: dict[ScaleName, Scale] = {
    "linear": Scale("", "any number", -np.inf, np.inf, np.asarray, np.asarray, np.ones_like),
    "log": Scale("log_", "above 0", 0.0, np.inf, np.log, np.exp, np.asarray),
    "minus_log": Scale("log_minus_", "below 0", -np.inf, 0.0, lambda p: np.log(-p), lambda c: -np.exp(c), np.asarray),
    "logit": Scale(
        "logit_",
        "between 0 and 1",
        0.0,
        1.0,
        lambda p: scipy.special.logit(p),
        lambda x: scipy.special.expit(x),
        lambda p: p * (1 - p),
    ),
}
