"""Building blocks of the typed configuration: numbers with a unit and a source, and random distributions of a trial."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

V11 = "Vogels et al., Science 334:1569, 2011"
C20 = "Confavreux et al., NeurIPS 2020"
C23 = "Confavreux et al., NeurIPS 2023"
C25 = "Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025"
A05 = "Auger and Hansen, IEEE CEC, 2005"
H09 = "Hansen, GECCO, 2009"
R08 = "Ros and Hansen, PPSN X, 2008"
T22 = "Tyulmankov et al., Neuron 110:544, 2022"
B03 = "Bogacz and Brown, Hippocampus 13:494, 2003"
B24 = "Braun et al., arXiv:2410.10390, 2024"
CHOICE = "choice of this project"
FITTED = "fitted by this project to published losses"


LARGEST_WHOLE = 2**31 - 1
"""Files and both backends store whole numbers in 32 bits."""

LARGEST = 1e30
"""Files and both backends store other numbers in single precision, up to 3.4e38; products need a margin."""


class Settings(BaseModel):
    """A frozen group of settings that refuses unknown keys, and numbers that no file or simulation can represent."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _no_truth_values(cls, values: Any) -> Any:
        # YAML reads yes, no, on and off as truth values, which pydantic would take for 1 and 0.
        for name, value in values.items() if isinstance(values, Mapping) else ():
            field = cls.model_fields.get(name) if isinstance(name, str) else None
            if isinstance(value, bool) and field and field.annotation is not bool:
                raise ValueError(f"{name} = {value}: a truth value is not allowed here")
        return values

    @field_validator("*")
    @classmethod
    def _can_be_held(cls, value: Any, info: ValidationInfo) -> Any:
        # What is not checked yet is checked where it is used.
        if not _holds_anything(cls.model_fields[str(info.field_name)].annotation):
            for number in _numbers(value):
                limit = LARGEST_WHOLE if isinstance(number, int) else LARGEST
                if abs(number) > limit:
                    raise ValueError(f"a number is too large; allowed: up to {limit:g}")
        return value


def _holds_anything(annotation: Any) -> bool:
    return annotation is Any or any(map(_holds_anything, get_args(annotation)))


def _numbers(value: Any) -> Iterator[int | float]:
    """Return the numbers of a setting, in tuples and mappings too."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, tuple | Mapping):
        for entry in value.values() if isinstance(value, Mapping) else value:
            yield from _numbers(entry)


def _matching(pattern: str, allowed: str) -> AfterValidator:
    def check(name: str) -> str:
        if not re.fullmatch(pattern, name):
            raise ValueError(f"{name[:60]!r} is no name; allowed: {allowed}")
        return name

    return AfterValidator(check)


FileName = Annotated[
    str, _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", "up to 80 letters without accents, digits, _ and -")
]
"""A name that is part of the names of files."""

Label = Annotated[str, _matching(r"\w[\w .,+=%-]{0,79}", "up to 80 letters, digits, spaces, and _ . , + - = %")]
"""A name that files store and figures show."""


def quantity(default: Any, unit: str, description: str, source: str, **limits: Any) -> Any:
    """Declare a setting with its default, its UDUNITS unit, its meaning and where the default comes from.

    `limits` are pydantic's (`gt`, `ge`, `lt`, `le`, ...). Without a default (`...`) the key must be given.
    """
    return Field(default, description=description, json_schema_extra={"unit": unit, "source": source}, **limits)


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if not bounds[0] <= bounds[1]:
        raise ValueError(f"the lower bound {bounds[0]:g} is above the upper bound {bounds[1]:g}")
    return bounds


def _one_message(allowed: str) -> WrapValidator:
    """Return a validator with one message, in place of one for each part of a value or each type that it may have."""

    def check(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValidationError:
            raise ValueError(f"allowed: {allowed}") from None

    return WrapValidator(check)


Bounds = Annotated[tuple[float, float], AfterValidator(_ordered), _one_message("[low, high] with low <= high")]
NumberOrBounds = Annotated[float | Bounds, _one_message("a number, or [low, high] with low <= high")]


class Distribution(Settings):
    """A distribution from which a trial draws a number; written in YAML as a number (fixed) or as `{low, high}`.

    `uniform` is uniform on [low, high]; `log_uniform` has a uniform logarithm.
    """

    law: Literal["uniform", "log_uniform"] = "uniform"
    low: float = Field(ge=0)
    high: float = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _fixed(cls, value: Any) -> Any:
        if isinstance(value, Mapping | Distribution):
            return value
        try:
            # Of strings too: YAML 1.1 reads 1e-3 as one.
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError("allowed: a number, or low, high and law") from None
        return {"low": number, "high": number}

    @model_validator(mode="after")
    def _bounds(self) -> Distribution:
        _ordered((self.low, self.high))
        if self.law == "log_uniform" and self.low <= 0:
            raise ValueError("a log-uniform distribution needs low > 0")
        return self

    @property
    def mean(self) -> float:
        """Expected value."""
        if self.law == "log_uniform" and self.low < self.high:
            return float((self.high - self.low) / np.log(self.high / self.low))
        return (self.low + self.high) / 2

    def sample(self, generator: np.random.Generator) -> float:
        """Draw one number. One number of `generator` is used up even if the distribution is a fixed value."""
        u = generator.random()
        if self.law == "log_uniform":
            return float(self.low * (self.high / self.low) ** u)
        return float(self.low + (self.high - self.low) * u)


def fixed(value: float) -> Distribution:
    """Return the distribution of a number that is the same in every trial."""
    return Distribution(low=value, high=value)


def uniform(low: float, high: float) -> Distribution:
    """Return the uniform distribution on [low, high]."""
    return Distribution(low=low, high=high)


def log_uniform(low: float, high: float) -> Distribution:
    """Return the distribution on [low, high] whose logarithm is uniform."""
    return Distribution(law="log_uniform", low=low, high=high)
