"""Building blocks of the typed configuration: numbers with a unit and a source, and random laws of a trial."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

V11 = "Vogels et al., Science 334:1569, 2011"
C20 = "Confavreux et al., NeurIPS 2020"
C23 = "Confavreux et al., NeurIPS 2023"
C25 = "Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025"
R08 = "Ros and Hansen, PPSN X, 2008"
T22 = "Tyulmankov et al., Neuron 110:544, 2022"
B03 = "Bogacz and Brown, Hippocampus 13:494, 2003"
B24 = "Braun et al., arXiv:2410.10390, 2024"
CHOICE = "choice of this project"


class Settings(BaseModel):
    """A frozen group of settings that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


def quantity(default: Any, unit: str, description: str, source: str, **limits: Any) -> Any:
    """Declare a setting with its default, its UDUNITS unit, its meaning and where the default comes from.

    `limits` are pydantic's (`gt`, `ge`, `lt`, `le`, ...). Without a default (`...`) the key must be given.
    """
    return Field(default, description=description, json_schema_extra={"unit": unit, "source": source}, **limits)


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if not bounds[0] <= bounds[1]:
        raise ValueError(f"the lower bound {bounds[0]:g} is above the upper bound {bounds[1]:g}")
    return bounds


Bounds = Annotated[tuple[float, float], AfterValidator(_ordered)]


class Distribution(Settings):
    """The law from which a trial draws a number; written in YAML as a number (fixed) or as `{low, high}`.

    `uniform` is uniform on [low, high]; `log_uniform` has a uniform logarithm.
    """

    law: Literal["uniform", "log_uniform"] = "uniform"
    low: float = Field(ge=0)
    high: float = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _fixed(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"low": value, "high": value}
        return value

    @model_validator(mode="after")
    def _bounds(self) -> Distribution:
        _ordered((self.low, self.high))
        if self.law == "log_uniform" and self.low <= 0:
            raise ValueError("a log-uniform law needs low > 0")
        return self

    @property
    def mean(self) -> float:
        """Expected value."""
        if self.law == "log_uniform" and self.low < self.high:
            return float((self.high - self.low) / np.log(self.high / self.low))
        return (self.low + self.high) / 2

    def sample(self, generator: np.random.Generator) -> float:
        """One draw. It consumes one number of `generator` even where the law is a fixed value."""
        u = generator.random()
        if self.law == "log_uniform":
            return float(self.low * (self.high / self.low) ** u)
        return float(self.low + (self.high - self.low) * u)


def fixed(value: float) -> Distribution:
    """The law of a number that is the same in every trial."""
    return Distribution(low=value, high=value)


def uniform(low: float, high: float) -> Distribution:
    """The uniform law on [low, high]."""
    return Distribution(low=low, high=high)


def log_uniform(low: float, high: float) -> Distribution:
    """The law on [low, high] whose logarithm is uniform."""
    return Distribution(law="log_uniform", low=low, high=high)
