"""Names of results: what a file is, from which its path follows, and what a stage, an analysis or a figure asks for.

A `Result` is one file of a run. A `Need` is what is asked for of a study, which may stand in several files; needs are
the keys under which data are handed over. No name of a result is put together or taken apart anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from synapseek_core.interfaces.study import EVALUATION

ROOT = "results"
PUBLISHED_TABLE = "published_table"
"""Folder of what belongs to the published table."""

COMPARISON = "comparison"
"""Folder of the figures across studies."""

ResultT = TypeVar("ResultT", bound="Result")
NeedT = TypeVar("NeedT", bound="Need")


@dataclass(frozen=True)
class Result:
    """One file of a run.

    Class attribute `pattern`: its path from the folder of the run on, with the fields as wildcards.
    """

    pattern: ClassVar[str]

    @property
    def path(self) -> str:
        """Path from the folder of the run on."""
        return self.pattern.format(**asdict(self))

    @classmethod
    def of(cls: type[ResultT], wildcards: Mapping[str, Any]) -> ResultT:
        """Return the result with the fields that wildcards give as text."""
        whole = {field.name: field.type == "int" for field in fields(cls)}
        return cls(**{name: int(wildcards[name]) if number else wildcards[name] for name, number in whole.items()})


@dataclass(frozen=True)
class Rules(Result):
    """Rules of a rule set."""

    study: str
    rules: str
    pattern: ClassVar[str] = ROOT + "/{study}/rules/{rules}.nc"


@dataclass(frozen=True)
class Activity(Result):
    """Activity of networks under a batch of the rules of a rule set in a condition."""

    study: str
    rules: str
    condition: str
    batch: int
    pattern: ClassVar[str] = ROOT + "/{study}/activity/{rules}/{condition}/{batch}.nc"


@dataclass(frozen=True)
class Fitness(Result):
    """Loss and measures of the rules of a rule set in a condition."""

    study: str
    rules: str
    condition: str
    pattern: ClassVar[str] = ROOT + "/{study}/fitness/{rules}/{condition}.nc"


@dataclass(frozen=True)
class SearchChunk(Result):
    """Some generations of one run of a search."""

    study: str
    search: str
    restart: int
    chunk: int
    pattern: ClassVar[str] = ROOT + "/{study}/search/{search}/{restart}/{chunk}.nc"


@dataclass(frozen=True)
class Posterior(Result):
    """Posterior of rules of a round of inference."""

    study: str
    round: str
    pattern: ClassVar[str] = ROOT + "/{study}/posterior/{round}.nc"


@dataclass(frozen=True)
class Population(Result):
    """Population of rules after a sweep of sequential Monte Carlo."""

    study: str
    population: str
    sweep: int
    pattern: ClassVar[str] = ROOT + "/{study}/population/{population}/{sweep}.nc"


@dataclass(frozen=True)
class Analysed(Result):
    """Result of an analysis of a study."""

    study: str
    analysis: str
    pattern: ClassVar[str] = ROOT + "/{study}/analysis/{analysis}.nc"


@dataclass(frozen=True)
class Drawn(Result):
    """A figure of a study."""

    study: str
    figure: str
    form: str
    pattern: ClassVar[str] = ROOT + "/{study}/figures/{figure}.{form}"


@dataclass(frozen=True)
class Compared(Result):
    """A figure across studies."""

    comparison: str
    form: str
    pattern: ClassVar[str] = ROOT + "/" + COMPARISON + "/{comparison}.{form}"


@dataclass(frozen=True)
class PublishedTable(Result):
    """The table of published runs."""

    pattern: ClassVar[str] = ROOT + "/" + PUBLISHED_TABLE + "/table.nc"


@dataclass(frozen=True)
class PublishedPage(Result):
    """The table of published runs to read."""

    form: str
    pattern: ClassVar[str] = ROOT + "/" + PUBLISHED_TABLE + "/table.{form}"


@dataclass(frozen=True)
class PublishedFigure(Result):
    """The figure of the table of published runs."""

    form: str
    pattern: ClassVar[str] = ROOT + "/" + PUBLISHED_TABLE + "/learning_curves.{form}"


@dataclass(frozen=True)
class Need:
    """Request for results of a study.

    Attributes:
        study: the study; None: that which asks.
    """

    study: str | None = None

    def of(self: NeedT, study: str) -> NeedT:
        """Return the same of a study."""
        return replace(self, study=study)


@dataclass(frozen=True)
class RulesOf(Need):
    """Rules of a rule set (contract `rules`)."""

    rules: str = ""


@dataclass(frozen=True)
class ActivityOf(Need):
    """Activity under the rules of a rule set in a condition: a list, one entry a batch."""

    rules: str = ""
    condition: str = EVALUATION


@dataclass(frozen=True)
class FitnessOf(Need):
    """Fitness of the rules of a rule set in a condition (contract `fitness`)."""

    rules: str = ""
    condition: str = EVALUATION


@dataclass(frozen=True)
class ChunkOf(Need):
    """One chunk of a run of a search (contract `search`)."""

    search: str = ""
    restart: int = 0
    chunk: int = 0


@dataclass(frozen=True)
class HistoryOf(Need):
    """All chunks of every run of one search, run by run: a list (contract `search`)."""

    search: str = ""


@dataclass(frozen=True)
class SearchEnds(Need):
    """The last chunk of every run of every search: a list (contract `search`)."""


@dataclass(frozen=True)
class SearchHistory(Need):
    """All chunks of every run of every search, run by run: a list (contract `search`)."""


@dataclass(frozen=True)
class PosteriorOf(Need):
    """Posterior of a round of inference (contract `posterior`)."""

    round: str = ""


@dataclass(frozen=True)
class PopulationOf(Need):
    """Population after a sweep of sequential Monte Carlo (contract `population`)."""

    population: str = ""
    sweep: int = 0


@dataclass(frozen=True)
class AnalysisOf(Need):
    """Result of an analysis (contract of the analysis)."""

    analysis: str = ""


@dataclass(frozen=True)
class TableOf(Need):
    """The table of published runs (contract `published_table`)."""


Data = Mapping[Need, Any]
"""What was asked for: a dataset, or a list of datasets, by need."""


def rules_of(rules: str) -> RulesOf:
    """Return the need of the rules of a rule set."""
    return RulesOf(rules=rules)


def activity_of(rules: str, condition: str = EVALUATION) -> ActivityOf:
    """Return the need of the activity under the rules of a rule set in a condition."""
    return ActivityOf(rules=rules, condition=condition)


def fitness_of(rules: str, condition: str = EVALUATION) -> FitnessOf:
    """Return the need of the fitness of the rules of a rule set in a condition."""
    return FitnessOf(rules=rules, condition=condition)


def posterior_of(name: str) -> PosteriorOf:
    """Return the need of the posterior of a round of inference."""
    return PosteriorOf(round=name)


def population_of(population: str, sweep: int) -> PopulationOf:
    """Return the need of a population after a sweep."""
    return PopulationOf(population=population, sweep=sweep)


def analysis_of(analysis: str) -> AnalysisOf:
    """Return the need of what an analysis found."""
    return AnalysisOf(analysis=analysis)


def timing_files(kind: type[Result], study: str, folder: Path) -> list[Path]:
    """Return the files that tell what the jobs of a study took that made this kind of result, as far as they are.

    Args:
        folder: of the run.
    """
    pattern = beside(kind, "timings", ".tsv").replace("{study}", study)
    return sorted(folder.glob(re.sub(r"\{\w+\}", "*", pattern)))


def beside(kind: type[Result], folder: str, ending: str) -> str:
    """Return the pattern of what a job leaves beside its result, as its log: the same path in a folder of its own."""
    top, path = re.match(r"(.*?/(?:\{study\}|[^{/]*))/(.*)\.(?:nc|\{form\})$", kind.pattern).groups()  # type: ignore[union-attr]
    return f"{top}/{folder}/{path}{ending}"


def formed(kind: type[Result], form: str) -> str:
    """Return the pattern of a result in one form, as `png`."""
    return kind.pattern.replace("{form}", form)


def file_name(label: str) -> str:
    """Return a label as part of a path: letters, digits, points and hyphens stay, all else becomes underscores."""
    return re.sub(r"[^\w.-]+", "_", label).strip("_") or "_"
