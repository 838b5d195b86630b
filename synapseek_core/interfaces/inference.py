"""Settings of inference: rounds of a neural posterior, and populations of sequential Monte Carlo."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from synapseek_core.quantities import C23, CHOICE, Bounds, FileName, Label, Settings, quantity

MISSED = 0.3


class RoundSettings(Settings):
    """Settings of a round: a posterior is fitted to the rules of all earlier rounds; rules drawn from it are simulated.

    A round that `extends` another draws more rules from the same posterior; nothing that was there changes.
    """

    samples: int = quantity(400, "1", "number of rules drawn and simulated; 0: the round is left out", CHOICE, ge=0)
    filter: tuple[Label, ...] = quantity(
        (), "1", "groups of constraints that a simulation must meet to be learned from", C23
    )
    target: tuple[Label, ...] = quantity((), "1", "groups of constraints that the drawn rules shall meet", C23)
    missed: float | None = quantity(
        MISSED,
        "1",
        "share of the rules that meet the target which a classifier of rules refuses, by its own probabilities; null: "
        "no classifier",
        CHOICE,
        ge=0,
        lt=1,
    )
    extends: FileName | None = quantity(None, "1", "`prior` or a round before, from which more rules are drawn", CHOICE)

    @model_validator(mode="after")
    def _of_one_kind(self) -> RoundSettings:
        if self.extends is not None and (self.filter or self.target or self.missed != MISSED):
            raise ValueError("a round that extends another has its filter, target and missed; allowed: none of them")
        if self.extends is None and not self.target:
            raise ValueError("target names no group; allowed: at least one, or extends")
        return self


class FlowSettings(Settings):
    """Settings of the ensemble of conditional neural spline flows, each trained until it no longer improves."""

    count: int = quantity(10, "1", "number of flows, each trained from its own start on its own split", C23, ge=1)
    layers: int = quantity(
        4, "1", "coupling layers of a flow, of which each moves half of the parameters", CHOICE, ge=2
    )
    width: int = quantity(20, "1", "hidden units of the two layers of a conditioner", CHOICE, ge=1)
    knots: int = quantity(8, "1", "knots of a spline", CHOICE, ge=2)
    learning_rate: float = quantity(1e-3, "1", "of Adam with weight decay", CHOICE, gt=0)
    weight_decay: float = quantity(
        1000.0, "1", "of the same, over the number of simulations: how strongly flows stay near the prior", CHOICE, ge=0
    )
    batch_size: int = quantity(50, "1", "simulations in a training step", CHOICE, ge=1)
    patience: int = quantity(20, "1", "epochs without a better validation loss after which training ends", CHOICE, ge=1)
    epochs: int = quantity(500, "1", "most epochs", CHOICE, ge=1)


WIDTHS = {
    "rate": 20.0,
    "rate_i": 20.0,
    "w_blow": 0.3,
    "w_creep": 0.2,
    "weef": 0.5,
    "weif": 0.5,
    "wief": 3.0,
    "wiif": 3.0,
    "cv_isi": 0.3,
    "spatial_Fano": 1.5,
    "temporal_Fano": 1.5,
    "auto_cov": 0.2,
    "fft": 1.0,
    "std_rate_temporal": 0.5,
    "std_rate_spatial": 5.0,
    "std_cv": 0.2,
}
"""Natural widths of metrics: about the range of what is plausible, or the spread of rules of the prior beside it."""


class MeanFieldSettings(Settings):
    """Settings of the mean-field set: rules that hold plausible rates, as far as mean-field theory tells."""

    rates: Bounds = quantity((1.0, 30.0), "Hz", "lowest and highest rate of both populations", CHOICE)
    grid: int = quantity(8, "1", "number of rates of each population, with equal ratios between them", CHOICE, ge=1)
    tolerance: float = quantity(
        0.3, "1", "relative standard deviation of the predicted rate about the rate that is asked for", CHOICE, gt=0
    )
    samples: int = quantity(
        0,
        "1",
        "number of rules drawn from the set and simulated, beside those that populations start with",
        CHOICE,
        ge=0,
    )

    @model_validator(mode="after")
    def _rates_are_positive(self) -> MeanFieldSettings:
        if self.rates[0] <= 0:
            raise ValueError(f"rates begin at {self.rates[0]:g} Hz; allowed: above 0")
        return self


class PopulationSettings(Settings):
    """Settings of a population of rules, which sequential Monte Carlo moves to where constraints are met.

    A sweep simulates a move of every rule at most. More sweeps change nothing of those that were there.
    """

    sweeps: int = quantity(
        0, "1", "largest number of sweeps of moves, which end by themselves; 0: no such population", CHOICE, ge=0
    )
    size: int = quantity(1000, "1", "number of rules", CHOICE, ge=8)
    target: tuple[Label, ...] = quantity((), "1", "groups of constraints that the rules shall meet; none: all", CHOICE)
    condition: FileName | None = quantity(
        None,
        "1",
        "condition of generalisation.conditions that rules are simulated in, as a cheap one; null: their own",
        CHOICE,
    )
    begins_with: FileName | None = quantity(
        None,
        "1",
        "population before, whose distinct rules at the end are the first ones; null: theory and prior",
        CHOICE,
    )
    theory: float = quantity(
        0.8, "1", "share of the first rules from the mean-field set; the others are of the prior", CHOICE, ge=0, lt=1
    )
    kept: float = quantity(
        0.5, "1", "share of the rules that stay when the tolerance of violations falls", CHOICE, gt=0, lt=1
    )
    distinct: float = quantity(
        0.85, "1", "share of the rules that must be distinct before it falls again, and at the end", CHOICE, gt=0, le=1
    )
    parts: int = quantity(4, "1", "parts that never mix: independent estimates of the evidence", CHOICE, ge=2)
    missed: float | None = quantity(
        0.1,
        "1",
        "share of the moves within the tolerance which a classifier of rules refuses, by its own probabilities; null: "
        "no classifier",
        CHOICE,
        ge=0,
        lt=1,
    )
    audited: float = quantity(0.1, "1", "share of the refused moves that are simulated in any case", CHOICE, gt=0, le=1)

    @model_validator(mode="after")
    def _parts_can_move(self) -> PopulationSettings:
        if self.size < 2 * self.parts:
            raise ValueError(f"size = {self.size} is less than twice parts = {self.parts}; allowed: at least that")
        return self

    @property
    def of_theory(self) -> float:
        """Share of the first rules from the mean-field set; 0 of a population that begins with another."""
        return 0.0 if self.begins_with else self.theory


class InferenceSettings(Settings):
    """Settings of the search for rules that meet constraints."""

    rounds: dict[FileName, RoundSettings] = Field(
        default_factory=dict, description="rounds by name, in order; a later one learns from all before"
    )
    flows: FlowSettings = Field(default_factory=FlowSettings)
    held_out: float = quantity(
        0.1, "1", "share of the simulations on which the posterior is tested, not trained", CHOICE, gt=0, le=0.5
    )
    mean_field: MeanFieldSettings = Field(default_factory=MeanFieldSettings)
    populations: dict[FileName, PopulationSettings] = Field(
        default_factory=dict, description="populations of sequential Monte Carlo by name, each for itself"
    )
    widths: dict[str, float] = quantity(
        WIDTHS,
        "Hz (rate, rate_i, std_rate_spatial), 1 (others)",
        "metric -> distance from its plausible range that is clearly one; of another metric the width of the range",
        CHOICE,
    )

    @field_validator("widths")
    @classmethod
    def _widths_are_positive(cls, value: dict[str, float]) -> dict[str, float]:
        for name, width in value.items():
            if width <= 0:
                raise ValueError(f"{name} = {width:g}; allowed: above 0")
        return value
