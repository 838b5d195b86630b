"""Stage search: one chunk of generations of one run of a search."""

from __future__ import annotations

from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.rules import SEARCH
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.study import EVALUATION
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.chunks import chunks
from synapseek_core.pipeline.results import ChunkOf, Data, Need, SearchChunk
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.runtime import Compute
from synapseek_core.search import methods
from synapseek_core.search.registry import METHODS


class Search(DatasetStage[SearchChunk]):
    """Searches for rules."""

    name: ClassVar[str] = "search"
    makes: ClassVar[type] = SearchChunk

    def needs(self, result: SearchChunk) -> tuple[Need, ...]:
        """Return the chunk before, of any but the first."""
        if not result.chunk:
            return ()
        return (ChunkOf(search=result.search, restart=result.restart, chunk=result.chunk - 1),)

    def contract(self, result: SearchChunk) -> Contract:
        """Return the contract of searches."""
        return SEARCH

    def settings(self, result: SearchChunk) -> dict[str, Any]:
        """Return the settings of the task and of the search."""
        settings = self.study(result).settings
        search = settings.search[result.search].model_dump(mode="json", exclude={"generations", "restarts", "chunk"})
        return settings.scored() | {
            "prior": settings.prior.model_dump(mode="json", include={"bounds"}),
            "search": search,
        }

    def part(self, result: SearchChunk) -> list[int]:
        """Return the generations of the chunk."""
        generations = chunks(self.study(result).settings, result.search)[result.chunk]
        return [generations.start, generations.stop]

    def modules(self, result: SearchChunk) -> tuple[str, ...]:
        """Return the modules of the task and of the search method."""
        study = self.study(result)
        method = METHODS.module(study.settings.search[result.search].method)
        return (methods.__name__, method, *reach.of_task(study.conditions[EVALUATION], self.backend))

    def cost(self, result: SearchChunk) -> Cost:
        """Return the cost of the generations of a chunk."""
        study = self.study(result)
        generations = len(chunks(study.settings, result.search)[result.chunk])
        return methods.cost(study.task, result.search, generations)

    def device(self, result: SearchChunk, compute: Compute) -> str:
        """Return what simulates."""
        return self.study(result).task.simulator.device(compute)

    def run(self, result: SearchChunk, data: Data, compute: Compute) -> xr.Dataset:
        """Go on with a run of a search."""
        study = self.study(result)
        generations = chunks(study.settings, result.search)[result.chunk]
        previous = data[self.needs(result)[0]] if result.chunk else None
        return methods.advance(study.task, result.search, result.restart, generations, previous, compute)
