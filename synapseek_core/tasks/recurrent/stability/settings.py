"""Stability: a plasticity rule must bring a recurrent spiking network to a target rate and keep it there.

Each trial draws network, input rate, weights and training time. After training, r(t), the excitatory rate filtered
with a time constant of 1 s, is scored for 5 s:

    loss = mean over time of (r - r_target)^2 / (r + 2)

A trial whose r leaves its bounds stops at t_b and costs 160 (exp(-t_b / T) + 1), T being its planned duration.
Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (program `CheckerScorer_Stability` for the constants).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from synapseek_core.quantities import C25, Distribution, quantity, uniform
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.protocol import CheckedProtocol


class StabilityProtocol(CheckedProtocol):
    """Settings of the protocol: training, then scoring."""

    training_time: Distribution = quantity(
        uniform(30.0, 45.0), "s", "time before scoring, rounded to a recording bin", C25
    )
    scoring_time: float = quantity(5.0, "s", "scored time", C25, gt=0)
    target_rate: float = quantity(10.0, "Hz", "wanted excitatory rate", C25, gt=0)
    loss_offset: float = quantity(2.0, "Hz", "added to the rate in the loss's denominator", C25, gt=0)
    stop_penalty: float = quantity(160.0, "1", "scale of the loss of a stopped trial", C25, ge=0)

    @property
    def mean_duration(self) -> float:
        """Expected duration of a trial, in s."""
        return self.training_time.mean + self.scoring_time

    @property
    def scored_time(self) -> float:
        """Duration of the scored window, in s."""
        return self.scoring_time


class StabilityStudy(spiking.SpikingStudy):
    """Settings of a stability study."""

    scored_keys: ClassVar[Mapping[str, frozenset[str]]] = {
        "protocol": frozenset({"target_rate", "loss_offset", "stop_penalty"})
    }

    input: spiking.RandomInputSettings = Field(default_factory=spiking.RandomInputSettings)
    protocol: StabilityProtocol = Field(default_factory=StabilityProtocol)

    def check_simulation(self, key: str) -> None:
        """Check too that the scored window contains a bin; see `StudySettings.check_simulation`."""
        super().check_simulation(key)
        spiking.check_window(self.protocol.scoring_time, self.recording.bin, key)
