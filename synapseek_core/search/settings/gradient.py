"""Settings of gradient descent."""

from __future__ import annotations

from typing import Literal

from synapseek_core.interfaces.search import SearchBase
from synapseek_core.quantities import CHOICE, quantity


class GradientSettings(SearchBase):
    """Settings of gradient descent (Adam) through the unrolled inner loop, for tasks that can be differentiated."""

    method: Literal["gradient"] = quantity("gradient", "1", "search algorithm", CHOICE)
    learning_rate: float = quantity(0.01, "1", "step size of Adam, in search coordinates", CHOICE, gt=0)
    halving: float | None = quantity(
        100.0, "1", "generations in which the learning rate halves; null: it is constant", CHOICE, gt=0
    )
    updates: int = quantity(1, "1", "steps in a generation, each on trials of its own", CHOICE, ge=1)
    truncation: int | None = quantity(
        None,
        "1",
        "steps of the inner loop, counted from its end, that the gradient goes through; null: all",
        CHOICE,
        ge=1,
    )
    clipping: float = quantity(1.0, "1", "a longer gradient is shortened to this norm", CHOICE, gt=0)
