"""The whole of config.yaml: its studies, scale and machine; and errors in the user's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from synapseek_core.errors import ConfigurationError, DatasetError
from synapseek_core.files.published_runs import published_run_files, read_published_run
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.setup import Published, Setup
from synapseek_core.interfaces.study import EVALUATION, Condition, Scale, Study, StudyDefinition
from synapseek_core.pipeline.results import COMPARISON, PUBLISHED_TABLE, file_name
from synapseek_core.plasticity.family import RuleFamily
from synapseek_core.published.rules import search_from_start, study_of
from synapseek_core.quantities import C25, CHOICE, FileName, Settings, quantity
from synapseek_core.rule_sets.catalogue import analysed_sets
from synapseek_core.rule_sets.examples import EXAMPLES
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.rule_sets.sweeps import sweeps_of
from synapseek_core.rule_sets.table import read_table
from synapseek_core.rule_sets.tested import TESTED
from synapseek_core.runtime import Backend, Device
from synapseek_core.seeds import Trials
from synapseek_core.studies.parsing import DISCRIMINATORS, parse, shown, shown_key, suggestion
from synapseek_core.studies.registry import STUDIES

ON_RULES = ("plasticity.held", "plasticity.frozen")
"""What a condition may change of how rules act."""

OF_FAMILY = ("held", "trace_time_constants")
"""Keys of plasticity that name factors of a family of rules."""

RESERVED = (COMPARISON, PUBLISHED_TABLE)
"""Folders of results that belong to no study."""


class PublishedTableSettings(Settings):
    """Settings of the table of published searches; `scale` and `studies` do not change its losses."""

    trials: int = quantity(10, "1", "trials of the final rule of each published run", C25, ge=2)
    folder: str | None = quantity(
        None, "1", "folder of further published runs, NetCDF files of the kind that the package ships", CHOICE
    )
    changes: dict[str, dict[str, Any]] = quantity(
        {}, "1", "study -> settings that differ from the published ones in this table, which names them", CHOICE
    )


class ProjectSettings(Settings):
    """Settings at the top level of config.yaml."""

    scale: Scale = quantity(
        "preview",
        "1",
        "preview shrinks networks, durations, trials and generations, where that is needed; published is untouched",
        CHOICE,
    )
    backend: Backend = quantity("auto", "1", "auto takes jax where there is a GPU, else numba", CHOICE)
    device: Device = quantity("auto", "1", "gpu refuses to run without one", CHOICE)
    studies: dict[FileName, dict[str, Any] | None] = Field(
        default_factory=lambda: dict.fromkeys(STUDIES),
        description="study -> its settings that differ from the published ones (or from the preview's)",
    )
    published_table: PublishedTableSettings = Field(default_factory=PublishedTableSettings)

    @model_validator(mode="after")
    def _agree(self) -> ProjectSettings:
        if self.device == "gpu" and self.backend == "numba":
            raise ValueError("device = 'gpu' needs backend = 'jax' or 'auto': the numba backend runs on the CPU")
        if taken := sorted(set(RESERVED) & self.studies.keys()):
            raise ValueError(f"studies.{taken[0]}: results has a folder of that name; allowed: another name")
        return self


@dataclass(frozen=True)
class Project:
    """The checked content of config.yaml.

    Attributes:
        settings: its top level.
        studies: the studies that it names.
    """

    settings: ProjectSettings
    studies: Mapping[str, Study]

    def setup(self) -> Setup:
        """Return what a pipeline runs."""
        return Setup(self.studies, self.settings.backend, self._published)

    def _published(self) -> Published:
        """Return the published runs, and their studies as published but for `published_table.changes`."""
        own = self.settings.published_table
        files = published_run_files(own.folder)
        runs = {name: read_published_run(path) for name, path in files.items()}
        known = {name: load_study(name, "published", own.changes.get(name)) for name in STUDIES}
        of_run = {run: study.name for run, table in runs.items() if (study := study_of(table, known))}
        starts: dict[str, list[tuple[str, str]]] = {}
        for name, study in self.studies.items():
            run = study.settings.published_run
            search = search_from_start(study.settings, runs[run]) if run in runs else None
            if search is not None:
                starts.setdefault(run, []).append((name, search))
        return Published(
            files,
            {name: _tabulated(known[name], own.trials, files, of_run) for name in dict.fromkeys(of_run.values())},
            {run: tuple(searches) for run, searches in starts.items()},
            own.model_dump(mode="json", exclude={"folder"}),
        )


def _tabulated(study: Study, trials: int, files: Mapping[str, Path], of_run: Mapping[str, str]) -> Study:
    """Return a published study in which the final rules of its published runs are evaluated, on trials of their own."""
    own = study.conditions[EVALUATION]
    drawn = replace(own, trials=Trials(study.settings.seed, ("published_table",), trials))
    final_rules = {run: files[run] for run, name in of_run.items() if name == study.name}
    name = f"{PUBLISHED_TABLE}/{study.name}"
    return replace(study, name=name, conditions={EVALUATION: drawn}, tested_in=(), final_rules=final_rules)


def load(config: Mapping[str, Any], where: str = "config.yaml") -> Project:
    """Check a configuration and return the project with its studies.

    A study's settings are the published ones of its name (or of its key `base`), then the preview's changes if
    `scale: preview`, then what config.yaml says. A condition of its generalisation has the same settings, or with a
    key `base` those of another study, then its own keys; the plastic synapses are always those of the tested rules.

    Raises:
        ConfigurationError: one line for each mistake: the key, the value, what is allowed.
    """
    project = load_checked(config, where)
    if not project.settings.studies:
        raise ConfigurationError(f"{where}: studies names no study; known studies: {', '.join(STUDIES)}")
    changes = project.settings.published_table.changes
    place = f"{where}: published_table.changes"
    if unknown := sorted(changes.keys() - STUDIES):
        raise ConfigurationError(f"{place}: unknown study {unknown[0]!r}; {suggestion(unknown[0], STUDIES)}")
    for name, own in changes.items():
        load_study(name, "published", own, place)
    for name, study in project.studies.items():
        _check_rule_sets(study, project.studies, f"{where}: studies.{name}.rule_sets")
    return project


def load_checked(config: Mapping[str, Any], where: str = "config.yaml") -> Project:
    """Return the project of a configuration that `load` has checked; each study is built when it is asked for.

    Jobs take this: most of them need one study of many.
    """
    settings = parse(ProjectSettings, config, where)
    return Project(settings, _Studies(settings, where))


@dataclass(frozen=True)
class _Studies(Mapping[str, Study]):
    """The studies of a configuration, each built when it is asked for first."""

    settings: ProjectSettings
    where: str
    built: dict[str, Study] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Study:
        if name not in self.built:
            named = {key: changes or {} for key, changes in self.settings.studies.items()}
            where = f"{self.where}: studies"
            self.built[name] = load_study(name, self.settings.scale, named[name], where, named)
        return self.built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings.studies)

    def __len__(self) -> int:
        return len(self.settings.studies)

    def __hash__(self) -> int:
        return id(self)


def _check_rule_sets(study: Study, studies: Mapping[str, Study], key: str) -> None:
    """Refuse rules from elsewhere that do not exist or have other parameters.

    Raises:
        ConfigurationError: one line with the key and what is allowed.
    """
    for name, own in study.settings.rule_sets.items():
        if own.table is not None:
            try:
                read_table(Path(own.table), study.settings.rule_space)
            except DatasetError as error:
                raise ConfigurationError(f"{key}.{name}.table: {error}") from None
            continue
        other, rule_set = own.place
        place = f"{key}.{name}.rules = {shown(own.rules)}"
        if other not in studies:
            raise ConfigurationError(f"{place}: no study {other!r} in this configuration; {suggestion(other, studies)}")
        if other == study.name:
            raise ConfigurationError(f"{place}: these are the study's own rules; allowed: those of another study")
        there = analysed_sets(studies[other], studies)
        if rule_set not in there:
            raise ConfigurationError(f"{place}: {other} has no such rules; {suggestion(rule_set, there)}")
        if own.only == "plausible" and not studies[other].settings.scored_sections:
            raise ConfigurationError(f"{place}: {other} has no constraints that tell which are plausible; only: null")
        wanted, found = study.settings.rule_space.names, studies[other].settings.rule_space.names
        if wanted != found:
            raise ConfigurationError(
                f"{place}: its rules have {', '.join(found)}; this study's have {', '.join(wanted)}"
            )


def load_study(
    name: str,
    scale: Scale = "preview",
    changes: Mapping[str, Any] | None = None,
    where: str = "config.yaml: studies",
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> Study:
    """Return one study with its settings changed, see `load`; `where` is the key under which they stand.

    `others` are the changes of other studies, whose tasks its conditions may be on.
    """
    named: dict[str, Mapping[str, Any]] = {**{key: {} for key in STUDIES}, **(others or {}), name: changes or {}}
    own = _Base.of(name, scale, named[name], where)
    key, settings = f"{where}.{name}", own.settings
    _check_names(settings, key)
    evaluated = Trials(settings.seed, ("evaluation",), settings.evaluation.trials)
    conditions = {EVALUATION: Condition("as learned", own.definition.task, settings, evaluated)}
    tested, challenged = [], []
    for label, differing in settings.generalisation.conditions.items():
        place = f"{key}.generalisation.conditions.{shown_key(label)}"
        base = str(differing.get("base", name))
        if base not in named:
            raise ConfigurationError(f"{place}.base = {shown(base)}: unknown study; {suggestion(base, named)}")
        other = own if base == name else _Base.of(base, scale, named[base], where)
        drawn = Trials(settings.seed, ("generalisation", label), settings.generalisation.trials)
        changed = other.changed(settings, differing, place)
        tested.append(_free_name(label, conditions, place))
        keeps_all = own.definition.shows_tested
        conditions[tested[-1]] = Condition(label, other.definition.task, changed, drawn, keeps_all=keeps_all)
    for challenge, what in settings.challenges.items():
        place = f"{key}.examples"
        challenged.append(_free_name(challenge, conditions, place))
        changed = own.changed(settings, what.changes, place)
        frozen_at = EVALUATION if what.keeps_weights else None
        conditions[challenged[-1]] = Condition(what.label, own.definition.task, changed, evaluated, frozen_at)
    scale = scale if own.definition.preview else "published"
    return Study(name, scale, settings, own.definition, conditions, tuple(tested), tuple(challenged))


def _check_names(settings: StudySettings, key: str) -> None:
    """Refuse rounds of inference and rules from elsewhere that have the name of other rules.

    Raises:
        ConfigurationError: one line with the key and what is allowed.
    """
    places = {f"{key}.inference.rounds.{name}": name for name in settings.rounds}
    places |= {f"{key}.inference.populations.{name}": name for name in settings.populations}
    places |= {f"{key}.inference.populations.{one} ({name})": name for name, (one, _) in sweeps_of(settings).items()}
    places |= {f"{key}.rule_sets.{name}": name for name in settings.rule_sets}
    for place, name in places.items():
        if name in (*RULE_SETS, EXAMPLES, TESTED) or list(places.values()).count(name) > 1:
            raise ConfigurationError(f"{place}: other rules have that name; allowed: another one")


def _free_name(label: str, taken: Mapping[str, Condition], place: str) -> str:
    """Return the name of the files of a condition, which no other may have."""
    name = file_name(label)
    if name in taken:
        raise ConfigurationError(f"{place}: its files would have the name of another condition; allowed: another name")
    return name


@dataclass(frozen=True)
class _Base:
    """The definition of a study, and its settings at a scale with the user's changes."""

    definition: StudyDefinition
    settings: StudySettings

    @classmethod
    def of(cls, name: str, scale: Scale, changes: Mapping[str, Any], where: str) -> _Base:
        key = f"{where}.{name}"
        base = changes.get("base", name)
        if not isinstance(base, str) or base not in STUDIES:
            place = f"{key}.base = {shown(base)}" if "base" in changes else key
            raise ConfigurationError(f"{place}: unknown study {shown(base)}; {suggestion(base, STUDIES)}")
        published = STUDIES[base].settings
        values = merge(published.model_dump(), STUDIES[base].preview if scale == "preview" else {})
        values = _for_plasticity(values, changes.get("plasticity"), published.plasticity.families)
        settings = parse(type(published), merge(values, _without_base(changes)), key)
        settings.check(key)
        return cls(STUDIES[base], settings)

    def changed(self, tested: StudySettings, differing: Mapping[str, Any], key: str) -> StudySettings:
        """Return this study's settings with some that differ, for the rules of the study `tested`."""
        differing, sections = _without_base(differing), self.settings.task_sections
        plasticity = differing.get("plasticity")
        parts = plasticity if isinstance(plasticity, Mapping) else {}
        for name in (*differing, *(f"plasticity.{part}" for part in parts)):
            if name not in ("plasticity", *ON_RULES, *sections):
                allowed = suggestion(name, ("base", *ON_RULES, *sections))
                raise ConfigurationError(f"{key}.{shown_key(name)}: a condition cannot change it; {allowed}")
        # Clamped factors, where there are any, are no key of every kind of network.
        kind = type(self.settings.plasticity)
        rules = {name: value for name, value in tested.plasticity.model_dump().items() if value}
        of_tested = parse(kind, rules, f"{key}: the base cannot run the tested rules")
        values = self.settings.model_dump() | {"seed": tested.seed, "plasticity": of_tested.model_dump()}
        settings = parse(type(self.settings), merge(values, differing), key)
        settings.check_simulation(key)
        if settings.rule_space.names != tested.rule_space.names:
            raise ConfigurationError(f"{key}: rules have other parameters there than those that are tested")
        return settings


def _for_plasticity(values: Mapping[str, Any], changes: Any, families: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study's settings without those about its rules where the changes replace these.

    A published run is of the same rules, and another family has other parameters and factors; but two forms of one
    family have the same ones.
    """
    plasticity, changes = values["plasticity"], changes if isinstance(changes, Mapping) else {}
    values = dict(values)
    if any(key in changes and _listed(changes[key]) != _listed(plasticity[key]) for key in plasticity):
        values["published_run"] = None
    if not _are_forms(families, plasticity["family"], changes.get("family", plasticity["family"])):
        values["search"] = {name: dict(search, start={}) for name, search in values["search"].items()}
        conditions = {n: c for n, c in values["generalisation"]["conditions"].items() if "plasticity" not in c}
        generalisation = dict(values["generalisation"], conditions=conditions)
        values |= {"reference": {}, "prior": dict(values["prior"], bounds={}), "generalisation": generalisation}
        values["plasticity"] = {key: value for key, value in plasticity.items() if key not in OF_FAMILY}
    return values


def _are_forms(families: Mapping[str, Any], own: str, other: Any) -> bool:
    """Return whether rules of two families have the same parameters and factors."""
    if other == own:
        return True
    if not isinstance(other, str) or other not in families:
        return False
    both = families[own], families[other]
    return all(isinstance(one, RuleFamily) for one in both) and both[0].is_form_of(both[1])


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _without_base(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in changes.items() if key != "base"}


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested mappings merged, the second laid over the first.

    A number laid over a distribution of a trial replaces it, and so does another `model` or `method` with its own keys.
    """
    merged = dict(base)
    for key, value in changes.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            same = all(value.get(choice, below.get(choice)) == below.get(choice) for choice in DISCRIMINATORS)
            merged[key] = merge(below, value) if same else value
        else:
            merged[key] = value
    return merged
