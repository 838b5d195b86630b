"""What a stage is: a way to make one kind of result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.setup import Setup
from synapseek_core.interfaces.study import Scale, Study
from synapseek_core.pipeline.digest import code_digest
from synapseek_core.pipeline.results import Data, Need, ResultT
from synapseek_core.runtime import Backend, Compute

if TYPE_CHECKING:
    import matplotlib.figure


@dataclass(frozen=True)
class Stage(ABC, Generic[ResultT]):
    """A way to make one kind of result.

    Attributes:
        setup: what the pipeline runs.

    Class attributes:
        name: of the stage, in provenance, in plans and in the workflow.
        makes: class of its results.
    """

    setup: Setup

    name: ClassVar[str]
    makes: ClassVar[type]

    @property
    def studies(self) -> Mapping[str, Study]:
        """The studies of the project, by name."""
        return self.setup.studies

    @property
    def backend(self) -> Backend:
        """Backend of spiking networks, as configured."""
        return self.setup.backend

    def study(self, result: Any) -> Study:
        """Return the study of a result."""
        return self.setup.study(result.study)

    def describes(self, result: ResultT) -> tuple[str, Scale, str]:
        """Return the name, the scale and the publications of the study that a result is of."""
        study = self.study(result)
        return study.name, study.scale, study.references

    @abstractmethod
    def needs(self, result: ResultT) -> tuple[Need, ...]:
        """Return what a result is made from."""

    def files(self, result: ResultT) -> tuple[Path, ...]:
        """Return the files that a result is made from and that this project did not make."""
        return ()

    @abstractmethod
    def settings(self, result: ResultT) -> dict[str, Any]:
        """Return all settings that a result depends on besides what it is made from, as plain values for JSON."""

    def part(self, result: ResultT) -> list[int]:
        """Return which part of a whole that is cut into jobs a result is: first position and that after the last.

        [] of a whole. A change runs a stage again, but is no setting: how a whole is cut changes nothing in it.
        """
        return []

    @abstractmethod
    def modules(self, result: ResultT) -> tuple[str, ...]:
        """Return the full names of the modules whose code makes a result; what they import belongs to them."""

    def digest(self, result: ResultT) -> str:
        """Return the digest of the code that makes a result."""
        return code_digest(self.modules(result))

    def cost(self, result: ResultT) -> Cost:
        """Return what it takes to make a result."""
        return Cost()

    def device(self, result: ResultT, compute: Compute) -> str | None:
        """Return what simulates, for the provenance of a result; None of a stage that does not."""
        return None


class FigureStage(Stage[ResultT]):
    """A way to draw one kind of figure."""

    @abstractmethod
    def figure(self, result: ResultT) -> str:
        """Return the name of a figure."""

    @abstractmethod
    def draw(self, result: ResultT, data: Data) -> matplotlib.figure.Figure:
        """Draw a figure from what it needs."""


class DatasetStage(Stage[ResultT]):
    """A way to make one kind of NetCDF file."""

    @abstractmethod
    def contract(self, result: ResultT) -> Contract:
        """Return the contract of a result."""

    @abstractmethod
    def run(self, result: ResultT, data: Data, compute: Compute) -> xr.Dataset:
        """Make a result from what it needs."""
