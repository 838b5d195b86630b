"""The protocol of the tasks on a recurrent spiking network, during which the rate is checked."""

from __future__ import annotations

from abc import abstractmethod

from pydantic import model_validator

from synapseek_core.engine.network import RateBounds
from synapseek_core.quantities import C25, quantity
from synapseek_core.tasks.recurrent import spiking


class CheckedProtocol(spiking.Protocol):
    """A protocol during which the filtered excitatory rate is checked."""

    rate_time_constant: float = quantity(1.0, "s", "time constant of the filtered rate", C25, gt=0)
    lowest_rate: float = quantity(0.1, "Hz", "the trial stops as silent below this filtered rate", C25, ge=0)
    highest_rate: float = quantity(
        100.0, "Hz", "the trial stops as runaway above this filtered rate", C25, gt=0, le=spiking.HIGHEST_RATE
    )

    @model_validator(mode="after")
    def _rates_are_ordered(self) -> CheckedProtocol:
        if self.lowest_rate >= self.highest_rate:
            raise ValueError(
                f"lowest_rate = {self.lowest_rate:g} Hz must be below highest_rate = {self.highest_rate:g} Hz"
            )
        return self

    @property
    @abstractmethod
    def mean_duration(self) -> float:
        """Expected duration of a trial, in s."""

    @property
    @abstractmethod
    def scored_time(self) -> float:
        """Duration of all scored windows of a trial, in s."""

    @property
    def bounds(self) -> RateBounds:
        """Rate checker in the form of the engine."""
        return RateBounds("E", self.rate_time_constant, self.lowest_rate, self.highest_rate)
