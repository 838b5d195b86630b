"""The graph of results: in which files a need stands, which stage makes a result, and what a project asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatchmethod

from synapseek_core.analysis.registry import ANALYSES
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.figures.registry import FIGURES
from synapseek_core.interfaces.setup import Setup
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.batches import batches
from synapseek_core.pipeline.chunks import chunks, runs
from synapseek_core.pipeline.results import (
    Activity,
    ActivityOf,
    Analysed,
    AnalysisOf,
    ChunkOf,
    Compared,
    Drawn,
    Fitness,
    FitnessOf,
    HistoryOf,
    Need,
    Population,
    PopulationOf,
    Posterior,
    PosteriorOf,
    PublishedFigure,
    PublishedPage,
    PublishedTable,
    Result,
    Rules,
    RulesOf,
    SearchChunk,
    SearchEnds,
    SearchHistory,
    TableOf,
)
from synapseek_core.pipeline.stage import Stage
from synapseek_core.pipeline.stages.registry import STAGES
from synapseek_core.rule_sets.catalogue import rule_set_of

STAGE_OF: dict[type[Result], str] = {
    Rules: "sample",
    Activity: "simulate",
    Fitness: "score",
    SearchChunk: "search",
    Posterior: "infer",
    Population: "move",
    Analysed: "analyse",
    Drawn: "draw",
    Compared: "compare",
    PublishedTable: "tabulate",
    PublishedFigure: "published_figure",
    PublishedPage: "published_page",
}
"""The stage that makes each kind of result."""

FORMATS = ("pdf", "svg", "png")
"""Formats of figures."""


@dataclass(frozen=True)
class Graph:
    """The results of some studies and how they are made.

    Attributes:
        setup: the studies, and the published runs beside them.
    """

    setup: Setup

    def stage(self, result: Result) -> Stage:
        """Return the stage that makes a result."""
        return self.stage_of(type(result))

    def stage_of(self, kind: type[Result]) -> Stage:
        """Return the stage that makes a kind of result."""
        return STAGES[STAGE_OF[kind]](self.setup)

    def inputs(self, result: Result) -> dict[Need, list[Result]]:
        """Return what a result is made from, and in which results it stands."""
        study = getattr(result, "study", "")
        return {need: self.results(need, need.study or study) for need in self.stage(result).needs(result)}

    @singledispatchmethod
    def results(self, need: Need, study: str) -> list[Result]:
        """Return the results in which a need of a study stands, in order."""
        raise TypeError(f"{need} is no need that stands in results")

    @results.register
    def _(self, need: RulesOf, study: str) -> list[Result]:
        return [Rules(study, need.rules)]

    @results.register
    def _(self, need: ActivityOf, study: str) -> list[Result]:
        count = len(batches(self.setup.study(study), need.rules, self.setup.studies))
        return [Activity(study, need.rules, need.condition, batch) for batch in range(count)]

    @results.register
    def _(self, need: FitnessOf, study: str) -> list[Result]:
        return [Fitness(study, need.rules, need.condition)]

    @results.register
    def _(self, need: ChunkOf, study: str) -> list[Result]:
        return [SearchChunk(study, need.search, need.restart, need.chunk)]

    @results.register
    def _(self, need: HistoryOf, study: str) -> list[Result]:
        return [chunk for run in self._searches(study) for chunk in run if chunk.search == need.search]

    @results.register
    def _(self, need: SearchEnds, study: str) -> list[Result]:
        return [chunks_of_run[-1] for chunks_of_run in self._searches(study)]

    @results.register
    def _(self, need: SearchHistory, study: str) -> list[Result]:
        return [chunk for chunks_of_run in self._searches(study) for chunk in chunks_of_run]

    @results.register
    def _(self, need: PosteriorOf, study: str) -> list[Result]:
        return [Posterior(study, need.round)]

    @results.register
    def _(self, need: PopulationOf, study: str) -> list[Result]:
        return [Population(study, need.population, need.sweep)]

    @results.register
    def _(self, need: AnalysisOf, study: str) -> list[Result]:
        return [Analysed(study, need.analysis)]

    @results.register
    def _(self, need: TableOf, study: str) -> list[Result]:
        return [PublishedTable()]

    def _searches(self, study: str) -> Iterator[list[SearchChunk]]:
        """Yield the chunks of every run of every search of a study."""
        settings = self.setup.study(study).settings
        for search, restart in runs(settings):
            count = len(chunks(settings, search))
            yield [SearchChunk(study, search, restart, chunk) for chunk in range(count)]

    def figures(self) -> Iterator[Result]:
        """Yield all figures of all studies, and those across studies that have something to compare."""
        for study in self.setup.studies.values():
            for figure in self.figures_of(study):
                yield from (Drawn(study.name, figure, form) for form in FORMATS)
        for comparison in COMPARISONS:
            if COMPARISONS[comparison].studies(self.setup.studies.values()):
                yield from (Compared(comparison, form) for form in FORMATS)

    def figures_of(self, study: Study) -> list[str]:
        """Return the figures of a study that can be drawn: without searches, those that need none."""
        return [name for name in study.figures if all(self.is_possible(need, study) for need in FIGURES[name].needs)]

    def is_possible(self, need: Need, study: Study) -> bool:
        """Return whether a need of a study can be met: its searches and its rules are there."""
        if isinstance(need, SearchEnds | SearchHistory):
            return bool(study.settings.search)
        if isinstance(need, RulesOf | FitnessOf | ActivityOf):
            return rule_set_of(study, need.rules, self.setup.studies).count(study.settings) > 0
        if isinstance(need, AnalysisOf):
            return all(self.is_possible(one, study) for one in ANALYSES[need.analysis].needs(study))
        return True

    def all_before(self, wanted: Iterator[Result]) -> list[Result]:
        """Return results and all that they are made from, each once, in an order in which they can be made."""
        found: dict[Result, None] = {}

        def add(result: Result) -> None:
            if result not in found:
                for results in self.inputs(result).values():
                    for needed in results:
                        add(needed)
                found[result] = None

        for result in wanted:
            add(result)
        return list(found)


def is_list(need: Need) -> bool:
    """Return whether what is asked for is a list of datasets."""
    return isinstance(need, ActivityOf | SearchEnds | SearchHistory | HistoryOf)
