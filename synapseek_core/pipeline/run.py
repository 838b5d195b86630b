"""Run a study in this process, without a workflow and without files: for notebooks, tests and benchmarks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib.figure
import xarray as xr

from synapseek_core.figures.registry import FIGURES
from synapseek_core.files.datasets import described
from synapseek_core.interfaces.setup import Setup
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.graph import Graph, is_list
from synapseek_core.pipeline.results import Data, Need, Result
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.runtime import Compute


@dataclass
class Run(Mapping[Need, Any]):
    """Results of a study by need; one that is not there yet is computed when it is asked for.

    Attributes:
        study: which study.
        compute: what to compute with.
        graph: of the study, and of others from which its rules come.
        made: the datasets that are there.
    """

    study: Study
    compute: Compute
    graph: Graph
    made: dict[Result, xr.Dataset] = field(default_factory=dict)

    def __getitem__(self, need: Need) -> Any:
        """Return a dataset, or a list of datasets, for a need of the study."""
        results = self.graph.results(need, need.study or self.study.name)
        datasets = [self._make(result) for result in results]
        return datasets if is_list(need) else datasets[0]

    def __iter__(self) -> Any:
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)

    def __hash__(self) -> int:
        return id(self)

    def figure(self, name: str) -> matplotlib.figure.Figure:
        """Draw a figure of the study."""
        needs = FIGURES[name].needs
        return FIGURES[name].draw(self.study.settings, {need: self[need] for need in needs})

    def _make(self, result: Result) -> xr.Dataset:
        if result not in self.made:
            stage = self.graph.stage(result)
            assert isinstance(stage, DatasetStage)
            dataset = stage.run(result, self._data(result), self.compute)
            names = {"study": self.study.name, "scale": self.study.scale}
            self.made[result] = described(dataset, stage.contract(result), result.path, names)
        return self.made[result]

    def _data(self, result: Result) -> Data:
        data: dict[Need, Any] = {}
        for need, results in self.graph.inputs(result).items():
            datasets = [self._make(needed) for needed in results]
            data[need] = datasets if is_list(need) else datasets[0]
        return data


def run(
    study: Study, wanted: Iterable[Need] | None = None, compute: Compute | None = None, others: Iterable[Study] = ()
) -> Run:
    """Run a study up to what is wanted, by default to all that its figures are drawn from.

    Args:
        wanted: what is computed at once; more can be asked of the result.
        compute: backend, device and threads; by default all cores.
        others: studies from which rules come.

    Returns:
        What was computed, as a mapping from needs to datasets.
    """
    compute = compute or Compute(threads=os.cpu_count() or 1)
    studies = {one.name: one for one in (*others, study)}
    done = Run(study, compute, Graph(Setup(studies, compute.backend)))
    needs = wanted
    if needs is None:
        needs = [need for figure in done.graph.figures_of(study) for need in FIGURES[figure].needs]
    for need in dict.fromkeys(needs):
        done[need]
    return done
