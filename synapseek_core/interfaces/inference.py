"""Settings of the rounds of inference."""

from __future__ import annotations

from pydantic import Field, model_validator

from synapseek_core.quantities import C23, CHOICE, FileName, Label, Settings, quantity

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


class InferenceSettings(Settings):
    """Settings of the search for rules that meet constraints."""

    rounds: dict[FileName, RoundSettings] = Field(
        default_factory=dict, description="rounds by name, in order; a later one learns from all before"
    )
    flows: FlowSettings = Field(default_factory=FlowSettings)
    held_out: float = quantity(
        0.1, "1", "share of the simulations on which the posterior is tested, not trained", CHOICE, gt=0, le=0.5
    )
