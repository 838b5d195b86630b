"""Patterns on inputs that lie on a grid: the inputs of each pattern, and the times at which it is on."""

from __future__ import annotations

import numpy as np
from pydantic import field_validator, model_validator

from synapseek_core.engine.connectivity import receptive_fields
from synapseek_core.engine.inputs import Presentation
from synapseek_core.engine.network import Group
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.quantities import C25, Distribution, quantity, uniform
from synapseek_core.tasks.recurrent.spiking import HIGHEST_RATE, InputSettings


class PatternInputSettings(InputSettings):
    """Settings of Poisson inputs on a grid, seen through receptive fields; inputs of a pattern that is on spike more.

    Pattern k has the inputs k s to k s + pattern_size - 1, s = sources // (familiar_patterns + 1); the last one is
    novel. An input at row k // grid, column k % grid reaches the neurons whose centre is nearer than `radius`.
    """

    grid: int = quantity(70, "1", "side of the square grid of inputs and of centres", C25, ge=1, le=10_000)
    radius: float = quantity(8.0, "1", "radius of a receptive field, in grid units", C25, gt=0, le=1000)
    familiar_patterns: int = quantity(1, "1", "patterns shown in training", C25, ge=1)
    pattern_size: int = quantity(500, "1", "inputs of a pattern", C25, ge=1)
    active_rate: Distribution = quantity(
        uniform(15.0, 20.0),
        "Hz",
        "while a pattern is on, its inputs spike at an additional active_rate / (rate + 0.01): the published programs "
        "use this ratio of rates in Hz as a rate in Hz",
        C25,
    )
    on_time: float = quantity(2.0, "s", "mean time for which a pattern is on in training", C25, gt=0)
    on_time_sd: float = quantity(2 / 3, "s", "standard deviation of that time, Gaussian and cut at 0", C25, ge=0)
    off_time: float = quantity(0.1, "s", "mean time between two patterns in training, exponential", C25, ge=0)
    pattern_order: tuple[int, ...] | None = quantity(
        None,
        "1",
        "familiar patterns in the order in which training shows them in every trial, from the start again after the "
        "end; null: one is drawn at each onset",
        C25,
    )

    @field_validator("pattern_order")
    @classmethod
    def _shows_something(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value == ():
            raise ValueError("a list of patterns has at least one: [0] shows the first pattern alone")
        return value

    @model_validator(mode="after")
    def _fits(self) -> PatternInputSettings:
        highest = self.additional_rate(self.active_rate.high, self.rate.low)
        if highest > HIGHEST_RATE:
            raise ValueError(
                f"active_rate = {self.active_rate.high:g} at rate = {self.rate.low:g} Hz gives {highest:g} Hz, more "
                f"than a spike in a time step; allowed: up to {HIGHEST_RATE:g} Hz"
            )
        if self.pattern_size > self.sources:
            raise ValueError(f"pattern_size = {self.pattern_size} is more than the sources = {self.sources}")
        if self.pattern_size > self.spacing:
            raise ValueError(
                f"pattern_size = {self.pattern_size} makes patterns overlap: {self.familiar_patterns} familiar and a "
                f"novel one on {self.sources} sources can have {self.spacing} inputs each"
            )
        if unknown := [k for k in self.pattern_order or () if not 0 <= k < self.familiar_patterns]:
            raise ValueError(
                f"pattern_order = {list(self.pattern_order or ())} names pattern {unknown[0]}; allowed: 0 to "
                f"{self.familiar_patterns - 1}, the familiar ones"
            )
        return self

    @property
    def targets(self) -> float:
        """Expected share of the neurons that an input reaches, without the effect of the border on the discs."""
        return min(1.0, float(np.pi) * self.radius**2 / self.grid**2)

    @property
    def spacing(self) -> int:
        """Number of inputs from the start of a pattern to the start of the next."""
        return self.sources // (self.familiar_patterns + 1)

    def connect(self, pre: Group, post: Group, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the connections: receptive fields around random centres."""
        return receptive_fields(pre, post, self.grid, self.radius, generator)

    def additional_rate(self, active_rate: float, background: float) -> float:
        """Return the additional rate in Hz of the inputs of a pattern while it is on; both arguments are in Hz."""
        return active_rate / (background + 0.01)

    def presentation(self, pattern: int, start: int, stop: int) -> Presentation:
        """Return the presentation of a pattern between two time steps."""
        return Presentation(start, stop, pattern * self.spacing, self.pattern_size)


def presentations(
    settings: PatternInputSettings, phase: tuple[int, int], generator: np.random.Generator
) -> list[Presentation]:
    """Draw presentations of the familiar patterns in their order, on and off for random times, in a whole phase."""
    now, end = phase
    shown: list[Presentation] = []
    while now < end:
        pattern = int(generator.integers(settings.familiar_patterns))
        if settings.pattern_order is not None:
            pattern = settings.pattern_order[len(shown) % len(settings.pattern_order)]
        on = max(0.0, generator.normal(settings.on_time, settings.on_time_sd))
        stop = min(end, now + max(1, round(on / TIME_STEP)))
        shown.append(settings.presentation(pattern, now, stop))
        now = stop + round(generator.exponential(settings.off_time) / TIME_STEP)
    return shown
