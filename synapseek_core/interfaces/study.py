"""The form of a study: settings, a task, and the conditions that its rules are evaluated in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.task import Task, TaskPlaces
from synapseek_core.registries import load
from synapseek_core.seeds import Trials

Scale = Literal["preview", "published"]
SettingsT_co = TypeVar("SettingsT_co", bound=StudySettings, covariant=True)

START, FINAL = "start", "final"
"""Names of the rules at which a published search began and ended."""

EVALUATION = "evaluation"
"""Name of the condition that is as in the searches, on trials of its own."""


@dataclass(frozen=True)
class PublishedExperiment:
    """Published experiment of a study: its protocol, and how well our settings of it are known.

    Attributes:
        protocol: what was run, in words.
        fitted: keys of the settings whose published value is not known -> what ours was fitted to; the others are read
            off the published programs and settings files.
        superseded: whether later published runs had another protocol.
    """

    protocol: str
    fitted: Mapping[str, str] = field(default_factory=dict)
    superseded: bool = False


@dataclass(frozen=True)
class StudyDefinition:
    """A named study.

    Attributes:
        settings: the published ones.
        task: where the parts of its task are.
        figures: names of its figures, in order.
        preview: settings that `scale: preview` changes, as a nested mapping; a study without any has one scale.
        references: publications of the study.
        sources: key -> source of a default that is the study's own, not its section's.
        degeneracy: names of what is analysed of the learned rules besides what every study has, see
            `analysis.degeneracy`.
        shows_tested: whether figures show time courses of the rules that are tested in further conditions.
        published_experiment: that of the published runs which it is compared with.
    """

    settings: StudySettings
    task: TaskPlaces
    figures: tuple[str, ...]
    preview: Mapping[str, Any] = field(default_factory=dict)
    references: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    degeneracy: tuple[str, ...] = ()
    shows_tested: bool = False
    published_experiment: PublishedExperiment = field(default_factory=lambda: PublishedExperiment(""))


@dataclass(frozen=True)
class Condition(Generic[SettingsT_co]):
    """A setting in which rules are evaluated.

    Attributes:
        label: how figures and files name it.
        places: where the parts of its task are.
        settings: of its task.
        trials: which trials.
        frozen_at: condition whose final mean weights the frozen synapse types start from and keep, rule by rule; None:
            they keep those of the trial.
        keeps_all: whether spike trains and time courses of all rules are kept.
    """

    label: str
    places: TaskPlaces
    settings: SettingsT_co
    trials: Trials
    frozen_at: str | None = None
    keeps_all: bool = False

    @cached_property
    def task(self) -> Task:
        """Task of the condition; its simulator is loaded when it is asked for."""
        return load(self.places.task)(self.places, self.settings)


@dataclass(frozen=True)
class Study(Generic[SettingsT_co]):
    """A study, ready to run.

    Attributes:
        name: its name, which is that of its folder of results.
        scale: `published` too where the published experiment is small enough to have no preview.
        settings: what it does.
        definition: what it was declared as.
        conditions: by the names of their files; `EVALUATION` is the first.
        tested_in: names of those that learned and reference rules are tested in beyond it.
        challenged_in: names of those that the best rules of the last round of inference are challenged in.
        final_rules: published run -> its file, of those whose first and final rule are evaluated.
    """

    name: str
    scale: Scale
    settings: SettingsT_co
    definition: StudyDefinition
    conditions: Mapping[str, Condition]
    tested_in: tuple[str, ...] = ()
    challenged_in: tuple[str, ...] = ()
    final_rules: Mapping[str, Path] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        """Its task."""
        return self.conditions[EVALUATION].task

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of its figures; populations have one of their own, and so have rules from elsewhere."""
        further = {"levels": self.settings.populations, "evaluations": self.settings.rule_sets}
        return (*self.definition.figures, *(name for name, there in further.items() if there))

    @property
    def references(self) -> str:
        """Publications of the study."""
        return self.definition.references
