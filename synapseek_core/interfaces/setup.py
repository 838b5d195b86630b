"""The input of a pipeline: the studies of a project, and the published runs beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from synapseek_core.interfaces.study import Study
from synapseek_core.runtime import Backend


@dataclass(frozen=True)
class Published:
    """Published runs, and the studies that they are compared with.

    Attributes:
        files: run -> its file.
        studies: study -> the same at published scale, under the name of its folder of results, in which the final
            rules of its published runs are evaluated.
        starts: run -> studies and their searches that begin where the run did, as (study, search).
        settings: of the table, as plain values for JSON.
    """

    files: Mapping[str, Path]
    studies: Mapping[str, Study]
    starts: Mapping[str, tuple[tuple[str, str], ...]]
    settings: Mapping[str, Any]

    @property
    def study_of_run(self) -> dict[str, str]:
        """Study of each run that has one, by the name of the run."""
        return {run: name for run in self.files for name, study in self.studies.items() if run in study.final_rules}


@dataclass(frozen=True)
class Setup:
    """The input of a pipeline.

    Attributes:
        studies: of the project, by name.
        backend: of spiking networks, as configured.
        load_published: what loads the published runs when they are asked for, which takes time.
    """

    studies: Mapping[str, Study] = field(default_factory=dict)
    backend: Backend = "auto"
    load_published: Callable[[], Published] | None = None

    @cached_property
    def published(self) -> Published | None:
        """The published runs; None where there are none."""
        return self.load_published() if self.load_published else None

    def study(self, name: str) -> Study:
        """Return a study, or one at published scale, by the name of its folder of results."""
        if name in self.studies:
            return self.studies[name]
        published = () if self.published is None else self.published.studies.values()
        found = [study for study in published if study.name == name]
        if not found:
            raise KeyError(name)
        return found[0]
