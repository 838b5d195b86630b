"""Common settings of all searches; `method` in config.yaml chooses among the classes of `SEARCH_SETTINGS`."""

from __future__ import annotations

from typing import ClassVar

from synapseek_core.quantities import C25, CHOICE, T22, NumberOrBounds, Settings, quantity

CMA_ES = ("cma_es", "ipop_cma_es", "bipop_cma_es")
"""Methods that search alike: a task that can be searched by one can be by all."""


class CurriculumSettings(Settings):
    """Settings of trials that get harder: the level rises when the rule succeeds in enough of them."""

    start: int = quantity(1, "1", "level of the first trials", T22, ge=1)
    increment: int = quantity(1, "1", "by which the level rises", T22, ge=1)
    highest: int | None = quantity(None, "1", "level after which there is none; null: it rises as it can", CHOICE, ge=1)
    success: float = quantity(
        0.998, "1", "mean success in `window` trials in a row at which the level rises", T22, gt=0, le=1
    )
    window: int = quantity(5, "1", "trials over which success is averaged", T22, ge=1)
    trials: int = quantity(5, "1", "trials after each generation, on which the rule is tested", T22, ge=1)


class SearchBase(Settings):
    """Common settings of all searches.

    Class attribute `has_covariance`: whether the search keeps a full covariance of rules, from which rules are drawn.
    """

    has_covariance: ClassVar[bool] = False

    method: str
    start: dict[str, NumberOrBounds] = quantity(
        ...,
        "s (time constants), 1 (others)",
        "the rule at which the search starts: a number for each parameter, or [low, high] from which each restart "
        "draws uniformly in search coordinates; by parameter, by type and parameter (IE.alpha), or by type",
        CHOICE,
    )
    l1_penalty: float = quantity(
        0.0,
        "1",
        "times the sum of the parameters' absolute values (time constants left out), added to the searched loss",
        CHOICE,
        ge=0,
    )
    generations: int = quantity(400, "1", "generations of a run", C25, ge=1)
    trials: int = quantity(10, "1", "trials of each rule in a generation, drawn afresh every generation", C25, ge=1)
    restarts: int = quantity(4, "1", "independent runs, with their own random numbers", CHOICE, ge=1)
    chunk: int = quantity(20, "1", "generations in one resumable file", CHOICE, ge=1)
    curriculum: CurriculumSettings | None = quantity(
        None, "1", "trials that get harder, in a task that has levels; null: all are as the task's settings say", CHOICE
    )

    @property
    def distributions(self) -> int:
        """Number of rules that one run learns."""
        return 1

    @property
    def rules_scored(self) -> int:
        """Number of rules that are scored in a generation."""
        return 1
