"""Familiarity: a plasticity rule must make a recurrent spiking network respond more to familiar patterns.

Neurons see inputs on a grid through receptive fields. While the network is trained, familiar patterns are shown again
and again; after a break it is tested with the novel pattern and, after another break, with a familiar one (or in the
other order). With r(t) the excitatory rate filtered with a time constant of 1 s,

    loss = (mean of max(0, 1 - r / 20 Hz) while the familiar pattern is on
            + mean of max(0, (r - 10 Hz) / 90 Hz) while the novel one is on) / 2

A trial whose r leaves its bounds stops at t_b and costs 42 + exp(-t_b / T), T being its planned duration.
Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (programs `FamDet` and `CheckerScorer_FamDet_Lbasic`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from synapseek_core.engine.network import CHUNK_STEPS
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.quantities import C25, CHOICE, Distribution, quantity, uniform
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.patterns import PatternInputSettings
from synapseek_core.tasks.recurrent.protocol import CheckedProtocol
from synapseek_core.tasks.recurrent.recording import RecurrentRecordingSettings

Test = Literal["familiar", "novel"]


class FamiliarityProtocol(CheckedProtocol):
    """Settings of the protocol: training, break, test, break, test.

    Phases last whole multiples of 0.1 s: plasticity is switched that often.
    """

    training_time: Distribution = quantity(
        uniform(30.0, 35.0), "s", "time during which familiar patterns are shown", C25
    )
    break_time: Distribution = quantity(uniform(1.0, 3.0), "s", "time before each test, without a pattern", C25)
    test_time: float = quantity(5.0, "s", "time for which a pattern is shown in a test, scored", C25, ge=0.1)
    test_order: tuple[Test, Test] = quantity(("novel", "familiar"), "1", "which pattern is tested first", C25)
    tested_pattern: Literal["last", "random"] = quantity(
        "last",
        "1",
        "which of several familiar patterns is tested: the last one, which lies inside the grid as the novel one does, "
        "or one drawn in each trial",
        CHOICE,
    )
    plastic_during_test: bool = quantity(True, "1", "whether weights go on changing after the first break", C25)
    familiar_cut: float = quantity(20.0, "Hz", "lowest rate without loss while the familiar pattern is on", C25, gt=0)
    novel_cut: float = quantity(10.0, "Hz", "highest rate without loss while the novel pattern is on", C25, ge=0)
    novel_scale: float = quantity(
        100.0,
        "Hz",
        "rate at which the loss while the novel pattern is on is 1, wherever a trial stops",
        C25,
        gt=0,
        le=spiking.HIGHEST_RATE,
    )
    stop_penalty: float = quantity(42.0, "1", "loss of a trial stopped at its end", C25, ge=0)

    @field_validator("training_time")
    @classmethod
    def _trains(cls, value: Distribution) -> Distribution:
        if value.low < 0.1:
            raise ValueError(f"the tests need a training before them: at least 0.1 s, not {value.low:g} s")
        return value

    @field_validator("break_time", mode="before")
    @classmethod
    def _follows(cls, value: Any) -> Any:
        low = value.get("low") if isinstance(value, Mapping) else value
        if isinstance(low, int | float) and low < 0:
            raise ValueError(f"a break of {low} s would make phases overlap: at least 0 s")
        return value

    @field_validator("test_order")
    @classmethod
    def _both(cls, value: tuple[Test, Test]) -> tuple[Test, Test]:
        if len(set(value)) < len(value):
            raise ValueError("each pattern is tested once: [novel, familiar] or [familiar, novel]")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> FamiliarityProtocol:
        if not self.lowest_rate < self.novel_cut < self.highest_rate:
            raise ValueError(
                f"novel_cut = {self.novel_cut:g} Hz must lie between lowest_rate = {self.lowest_rate:g} Hz and "
                f"highest_rate = {self.highest_rate:g} Hz"
            )
        if not self.novel_cut < self.novel_scale:
            raise ValueError(f"novel_scale = {self.novel_scale:g} Hz must be above novel_cut = {self.novel_cut:g} Hz")
        return self

    @property
    def mean_duration(self) -> float:
        """Expected duration of a trial, in s."""
        return self.training_time.mean + 2 * (self.break_time.mean + self.test_time)

    @property
    def scored_time(self) -> float:
        """Duration of both tests, in s."""
        return 2 * self.test_time

    def draw(self, generator: np.random.Generator) -> dict[str, tuple[int, int]]:
        """Draw the first and last + 1 time steps of the phases of one trial: training, then the tests by pattern."""
        chunk = CHUNK_STEPS * TIME_STEP
        now = max(1, round(self.training_time.sample(generator) / chunk)) * CHUNK_STEPS
        phases = {"training": (0, now)}
        for test in self.test_order:
            start = now + round(self.break_time.sample(generator) / chunk) * CHUNK_STEPS
            now = start + round(self.test_time / chunk) * CHUNK_STEPS
            phases[test] = start, now
        return phases


class FamiliarityRecordingSettings(RecurrentRecordingSettings):
    """Settings of what simulations keep; spike trains of inputs with those of neurons."""

    inputs: int = quantity(200, "1", "inputs whose spike trains are kept", CHOICE, ge=0)


class FamiliarityStudy(spiking.SpikingStudy):
    """Settings of a familiarity study."""

    scored_keys: ClassVar[Mapping[str, frozenset[str]]] = {
        "protocol": frozenset({"familiar_cut", "novel_cut", "novel_scale", "stop_penalty"})
    }

    input: PatternInputSettings = Field(default_factory=PatternInputSettings)
    recording: FamiliarityRecordingSettings = Field(default_factory=FamiliarityRecordingSettings)
    protocol: FamiliarityProtocol = Field(default_factory=FamiliarityProtocol)
