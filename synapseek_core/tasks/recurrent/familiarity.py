"""Familiarity: a plasticity rule must make a recurrent spiking network answer more to patterns that it has seen.

Neurons see inputs on a grid through receptive fields. While the network is trained, familiar patterns are shown again
and again; after a break it is tested with a familiar pattern and, after another break, with a novel one (or the other
way round). With r(t) the excitatory rate filtered with a time constant of 1 s,

    loss = (mean of max(0, 1 - r / 20 Hz) while the familiar pattern is on
            + mean of max(0, (r - 10 Hz) / 90 Hz) while the novel one is on) / 2

A trial whose r leaves its bounds stops at t_b and costs 42 + exp(-t_b / T), T being its planned duration.
Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (programs `FamDet` and `CheckerScorer_FamDet_Lbasic`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr
from pydantic import Field, field_validator, model_validator

from synapseek_core.engine.inputs import PatternSource, Presentation
from synapseek_core.engine.network import CHUNK_STEPS, Trial
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.datasets import describe
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.quantities import C25, CHOICE, Distribution, quantity, uniform
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.activity import input_spikes, inside_windows
from synapseek_core.tasks.recurrent.patterns import PatternInputSettings, presentations
from synapseek_core.tasks.recurrent.task import CheckedProtocol, RecurrentTask
from synapseek_core.tasks.recurrent.trial import nuisance_parameters, poisson_source, projections

Test = Literal["familiar", "novel"]


class FamiliarityProtocol(CheckedProtocol):
    """Training, break, test, break, test. Phases last whole multiples of 0.1 s: plasticity is switched that often."""

    training_time: Distribution = quantity(
        uniform(30.0, 35.0), "s", "time during which familiar patterns are shown", C25
    )
    break_time: Distribution = quantity(uniform(1.0, 3.0), "s", "time before each test, without a pattern", C25)
    test_time: float = quantity(5.0, "s", "time for which a pattern is shown in a test, scored", C25, ge=0.1)
    test_order: tuple[Test, Test] = quantity(("novel", "familiar"), "1", "which pattern is tested first", C25)
    tested_pattern: Literal["last", "random"] = quantity(
        "last",
        "1",
        "which familiar pattern is tested: the last one, or one drawn in each trial. Not published; with the last one, "
        "which lies inside the grid as the novel one does, the published rules have their published losses",
        CHOICE,
    )
    plastic_during_test: bool = quantity(False, "1", "whether weights go on changing after the first break", C25)
    familiar_cut: float = quantity(20.0, "Hz", "lowest rate without loss while the familiar pattern is on", C25, gt=0)
    novel_cut: float = quantity(10.0, "Hz", "highest rate without loss while the novel pattern is on", C25, ge=0)
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
        """First and last + 1 time step of the phases of one trial, in order: training, then the tests by pattern."""
        chunk = CHUNK_STEPS * TIME_STEP
        now = max(1, round(self.training_time.sample(generator) / chunk)) * CHUNK_STEPS
        phases = {"training": (0, now)}
        for test in self.test_order:
            start = now + round(self.break_time.sample(generator) / chunk) * CHUNK_STEPS
            now = start + round(self.test_time / chunk) * CHUNK_STEPS
            phases[test] = start, now
        return phases


class FamiliarityRecordingSettings(spiking.RecurrentRecordingSettings):
    """What simulations keep; spike trains of inputs with those of neurons."""

    inputs: int = quantity(200, "1", "inputs whose spike trains are kept", CHOICE, ge=0)


class FamiliarityStudy(spiking.SpikingStudy):
    """Settings of a familiarity study."""

    input: PatternInputSettings = Field(default_factory=PatternInputSettings)
    recording: FamiliarityRecordingSettings = Field(default_factory=FamiliarityRecordingSettings)
    protocol: FamiliarityProtocol = Field(default_factory=FamiliarityProtocol)


class FamiliarityTask(RecurrentTask):
    """Simulates and scores rules on the familiarity task."""

    name: ClassVar[str] = "familiarity"
    settings: FamiliarityStudy

    @property
    def windows(self) -> Sequence[str]:
        """The tests, in order."""
        return self.settings.protocol.test_order

    def with_inputs(self, activity: xr.Dataset, trials: Sequence[Trial]) -> xr.Dataset:
        """The activity with spike trains of evenly spaced inputs."""
        settings = self.settings
        inputs = np.linspace(0, settings.input.sources - 1, settings.recording.inputs).astype(int)
        return describe(activity.merge(input_spikes(trials, inputs)), SPIKING_ACTIVITY)

    def build_trial(self, trials: Trials, trial: int) -> tuple[Trial, dict[str, float]]:
        """One trial, and its nuisance parameters."""
        settings, protocol = self.settings, self.settings.protocol
        nuisance = nuisance_parameters(settings, trials, trial)
        draw = trials.generator(trial, "protocol")
        phases = protocol.draw(draw)
        nuisance["active_rate"] = settings.input.active_rate.sample(draw)
        tests = tuple(phases[test] for test in protocol.test_order)
        end = tests[-1][1]
        source = PatternSource(
            poisson_source(settings, trials, trial, nuisance),
            settings.input.additional_rate(nuisance["active_rate"], nuisance["input_rate"]),
            (*presentations(settings.input, phases["training"], draw), *self._tested(phases, draw)),
        )
        frozen = () if protocol.plastic_during_test else ((tests[0][0], end),)
        return Trial(projections(settings, trials, trial, nuisance), source, end, tests, frozen), nuisance

    def _tested(self, phases: Mapping[str, tuple[int, int]], draw: np.random.Generator) -> list[Presentation]:
        """What is shown in the tests: one of the familiar patterns, and the novel one."""
        patterns = self.settings.input
        count = patterns.familiar_patterns
        random = self.settings.protocol.tested_pattern == "random"
        shown = {"familiar": int(draw.integers(count)) if random else count - 1, "novel": count}
        return [patterns.presentation(shown[test], *phases[test]) for test in self.settings.protocol.test_order]

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Loss and its parts, and window rates, of every rule."""
        protocol = self.settings.protocol
        ended = activity["status"] == Status.ok
        rate = activity["filtered_rate"].where(inside_windows(activity))
        above = (rate.sel(window="novel", drop=True) - protocol.novel_cut).clip(min=0)
        below = (protocol.familiar_cut - rate.sel(window="familiar", drop=True)).clip(min=0)
        parts = {
            "loss_familiar": (below / protocol.familiar_cut).mean("time"),
            "loss_novel": (above / (protocol.highest_rate - protocol.novel_cut)).mean("time"),
        }
        stopped = protocol.stop_penalty + np.exp(-activity["stop_time"] / activity["duration"])
        loss = xr.where(ended, sum(parts.values()) / 2, stopped).transpose("rule", "trial")
        text = "part of the loss while the {} pattern is on; missing where stopped before"
        described = {
            name: part.where(ended)
            .transpose("rule", "trial")
            .assign_attrs(units="1", long_name=text.format(name.removeprefix("loss_")))
            for name, part in parts.items()
        }
        rates = activity["window_rate"].where(ended).transpose("rule", "trial", "population", "window")
        rates.attrs = {"units": "Hz", "long_name": "mean rate in the scored window; missing where stopped before"}
        return xr.Dataset(
            {
                "loss": loss.mean("trial"),
                "loss_of_trial": loss,
                **described,
                "status": activity["status"],
                "rate": rates,
                "final_weight_mean": activity["final_weight_mean"],
                "final_weight_sd": activity["final_weight_sd"],
            }
        )

    def degeneracy(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """Excitatory rates of every rule while either pattern is on, and what `RecurrentTask` adds."""
        rate = [fitness[origin]["rate"].sel(population="E").mean("trial") for origin in rules]
        text = "excitatory rate while the {} pattern is on, mean over trials that ended"
        rates = xr.Dataset(
            {
                f"{test}_rate": (
                    "rule",
                    np.concatenate([part.sel(window=test).values for part in rate]).astype(np.float32),
                    {"units": "Hz", "long_name": text.format(test)},
                )
                for test in ("familiar", "novel")
            }
        )
        return rates.merge(super().degeneracy(rules, fitness))
