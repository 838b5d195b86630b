"""Stage tabulate: published runs beside our loss of their final rules and our own searches from their starts."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.published import PUBLISHED_TABLE
from synapseek_core.files.published_runs import read_published_run
from synapseek_core.interfaces.setup import Published
from synapseek_core.interfaces.study import Scale
from synapseek_core.pipeline.results import PUBLISHED_TABLE as PUBLISHED_TABLE_NAME
from synapseek_core.pipeline.results import Data, FitnessOf, HistoryOf, Need, PublishedTable
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.published.table import published_table
from synapseek_core.runtime import Compute
from synapseek_core.search.history import join_runs


class Tabulate(DatasetStage[PublishedTable]):
    """Makes the table of published runs."""

    name: ClassVar[str] = "tabulate"
    makes: ClassVar[type] = PublishedTable

    @property
    def published(self) -> Published:
        """The published runs."""
        assert self.setup.published is not None
        return self.setup.published

    def _fitness(self) -> dict[str, FitnessOf]:
        """Return the fitness of the first and final rule of every run that has a study."""
        studies = self.published.studies
        return {
            run: FitnessOf(study=studies[name].name, rules=run) for run, name in self.published.study_of_run.items()
        }

    def _searches(self) -> dict[str, list[HistoryOf]]:
        """Return our searches from the start of every run."""
        starts = self.published.starts
        return {run: [HistoryOf(study=study, search=search) for study, search in own] for run, own in starts.items()}

    def describes(self, result: PublishedTable) -> tuple[str, Scale, str]:
        """Return the name of the table, its scale, and the publications of the runs."""
        runs = [read_published_run(path) for path in self.published.files.values()]
        references = dict.fromkeys(run.attrs["references"] for run in runs if "references" in run.attrs)
        return PUBLISHED_TABLE_NAME, "published", "; ".join(references)

    def needs(self, result: PublishedTable) -> tuple[Need, ...]:
        """Return the fitness of the final rules, and our searches from the same starts."""
        return (*self._fitness().values(), *(need for needs in self._searches().values() for need in needs))

    def files(self, result: PublishedTable) -> tuple[Path, ...]:
        """Return the files of the published runs."""
        return tuple(self.published.files.values())

    def contract(self, result: PublishedTable) -> Contract:
        """Return the contract of the table."""
        return PUBLISHED_TABLE

    def settings(self, result: PublishedTable) -> dict[str, Any]:
        """Return the settings of the table, the study of each run with its set-up, and the content of the runs."""
        runs = {run: hashlib.sha256(path.read_bytes()).hexdigest() for run, path in self.published.files.items()}
        experiments = {
            name: asdict(study.definition.published_experiment) for name, study in self.published.studies.items()
        }
        of_runs = {"study_of_run": self.published.study_of_run, "published_runs": runs, "experiments": experiments}
        return dict(self.published.settings) | of_runs

    def modules(self, result: PublishedTable) -> tuple[str, ...]:
        """Return the modules that make the table."""
        return (published_table.__module__, join_runs.__module__)

    def run(self, result: PublishedTable, data: Data, compute: Compute) -> xr.Dataset:
        """Make the table."""
        published = self.published
        return published_table(
            {run: read_published_run(path) for run, path in published.files.items()},
            {run: published.studies[name] for run, name in published.study_of_run.items()},
            published.study_of_run,
            {run: data[need] for run, need in self._fitness().items()},
            {
                run: [search for need in needs for search in join_runs(data[need])]
                for run, needs in self._searches().items()
            },
            published.settings["changes"],
        )
