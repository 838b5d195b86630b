"""config.yaml as a whole: which studies, at which scale, on which machine; and errors in the user's words."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_validator

from synapseek_core.errors import ConfigurationError
from synapseek_core.interfaces.study import StudySettings
from synapseek_core.interfaces.task import StudyDefinition, Task
from synapseek_core.quantities import C25, CHOICE, LARGEST_WHOLE, FileName, Settings, quantity
from synapseek_core.runtime import Backend, Device
from synapseek_core.studies.registry import STUDIES

Model = TypeVar("Model", bound=BaseModel)
Scale = Literal["preview", "published"]
DISCRIMINATORS = ("model", "method")
"""Keys that choose among several groups of settings."""

RESERVED = ("comparison", "published_table")
"""Folders of results that belong to no study."""

ALLOWED = {
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "allowed: keys with their values"),
    "tuple_type": "allowed: a list",
    "int_parsing_size": f"allowed: up to {LARGEST_WHOLE}",
    "missing": "is missing",
    "union_tag_invalid": "{discriminator} = {tag}; allowed: {expected_tags}",
    "union_tag_not_found": "the key {discriminator} is missing",
}
"""What is told of an error of a type in place of pydantic's words."""


class PublishedTableSettings(Settings):
    """How published searches are set beside this project; `scale` and `studies` do not change its losses."""

    trials: int = quantity(10, "1", "trials of the final rule of each published run", C25, ge=2)
    folder: str | None = quantity(
        None, "1", "folder of further published runs, NetCDF files of the kind that the package ships", CHOICE
    )
    changes: dict[str, dict[str, Any]] = quantity(
        {}, "1", "study -> settings that differ from the published ones in this table, which names them", CHOICE
    )


class ProjectSettings(Settings):
    """The top level of config.yaml."""

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
class Study:
    """A study of config.yaml, ready to run.

    Attributes:
        name: its key in config.yaml.
        scale: `published` too where the published experiment is small enough to have no preview.
        settings, task: what it does.
        figures: names of its figures.
        conditions: name of a condition of the generalisation -> the task under it.
    """

    name: str
    scale: Scale
    settings: StudySettings
    task: Task
    figures: tuple[str, ...]
    conditions: Mapping[str, Task]


@dataclass(frozen=True)
class Project:
    """config.yaml, checked.

    Attributes:
        settings: its top level.
        studies: the studies that it names.
    """

    settings: ProjectSettings
    studies: Mapping[str, Study]

    @cached_property
    def published_studies(self) -> dict[str, Study]:
        """Every known study as published, but for `published_table.changes`."""
        changes = self.settings.published_table.changes
        return {name: load_study(name, "published", changes.get(name)) for name in STUDIES}


def load(config: Mapping[str, Any], where: str = "config.yaml") -> Project:
    """Check a configuration and build its studies.

    A study's settings are the published ones of its name (or of its key `base`), then the preview's changes if
    `scale: preview`, then what config.yaml says. A condition of its generalisation has the same settings, or with a
    key `base` those of another study, then its own keys; the plastic synapses are always those of the tested rules.

    Raises:
        ConfigurationError: one line for each mistake: the key, the value, what is allowed.
    """
    settings = _parse(ProjectSettings, config, where)
    if not settings.studies:
        raise ConfigurationError(f"{where}: studies names no study; known studies: {', '.join(STUDIES)}")
    named = {name: changes or {} for name, changes in settings.studies.items()}
    changes = settings.published_table.changes
    place = f"{where}: published_table.changes"
    if unknown := sorted(changes.keys() - STUDIES):
        raise ConfigurationError(f"{place}: unknown study {unknown[0]!r}; {_suggest(unknown[0], STUDIES)}")
    for name, own in changes.items():
        load_study(name, "published", own, place)
    studies = {name: load_study(name, settings.scale, own, f"{where}: studies", named) for name, own in named.items()}
    return Project(settings, studies)


def load_study(
    name: str,
    scale: Scale = "preview",
    changes: Mapping[str, Any] | None = None,
    where: str = "config.yaml: studies",
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> Study:
    """One study with its settings changed, see `load`; `where` is the key under which they stand.

    `others` are the changes of other studies, whose tasks its conditions may be on.
    """
    named: dict[str, Mapping[str, Any]] = {**{key: {} for key in STUDIES}, **(others or {}), name: changes or {}}
    own = _Base.of(name, scale, named[name], where)
    conditions = {}
    for condition, differing in own.settings.generalisation.conditions.items():
        key = f"{where}.{name}.generalisation.conditions.{condition}"
        base = str(differing.get("base", name))
        if base not in named:
            raise ConfigurationError(f"{key}.base = {_shown(base)}: unknown study; {_suggest(base, named)}")
        other = own if base == name else _Base.of(base, scale, named[base], where)
        conditions[condition] = other.condition(own.settings, differing, key)
    has_preview = bool(own.definition.preview)
    return Study(
        name,
        scale if has_preview else "published",
        own.settings,
        own.definition.task(own.settings),
        own.definition.figures,
        conditions,
    )


@dataclass(frozen=True)
class _Base:
    """A study's definition, and its settings at a scale with the user's changes."""

    definition: StudyDefinition
    settings: StudySettings

    @classmethod
    def of(cls, name: str, scale: Scale, changes: Mapping[str, Any], where: str) -> _Base:
        key = f"{where}.{name}"
        base = changes.get("base", name)
        if not isinstance(base, str) or base not in STUDIES:
            place = f"{key}.base = {_shown(base)}" if "base" in changes else key
            raise ConfigurationError(f"{place}: unknown study {_shown(base)}; {_suggest(base, STUDIES)}")
        published = STUDIES[base].settings
        values = merge(published.model_dump(), STUDIES[base].preview if scale == "preview" else {})
        values = _for_plasticity(values, changes.get("plasticity"))
        settings = _parse(type(published), merge(values, _without_base(changes)), key)
        settings.check(key)
        return cls(STUDIES[base], settings)

    def condition(self, tested: StudySettings, differing: Mapping[str, Any], key: str) -> Task:
        """This study's task, with settings that differ, for the rules of the study `tested`."""
        differing, sections = _without_base(differing), self.settings.task_sections
        plasticity = differing.get("plasticity")
        parts = plasticity if isinstance(plasticity, Mapping) else {}
        for name in (*differing, *(f"plasticity.{part}" for part in parts)):
            if name not in ("plasticity", "plasticity.held", *sections):
                allowed = _suggest(name, ("base", "plasticity.held", *sections))
                raise ConfigurationError(f"{key}.{_step(name)}: a condition cannot change it; {allowed}")
        # Factors that are held, where there are any, are no key of every kind of network.
        kind = type(self.settings.plasticity)
        rules = {name: value for name, value in tested.plasticity.model_dump().items() if value}
        of_tested = _parse(kind, rules, f"{key}: the base cannot run the tested rules")
        values = self.settings.model_dump() | {"seed": tested.seed, "plasticity": of_tested.model_dump()}
        settings = _parse(type(self.settings), merge(values, differing), key)
        settings.check_simulation(key)
        if settings.rule_space.names != tested.rule_space.names:
            raise ConfigurationError(f"{key}: rules have other parameters there than those that are tested")
        return self.definition.task(settings)


def _for_plasticity(values: Mapping[str, Any], changes: Any) -> dict[str, Any]:
    """A study's settings without what is said of its rules where those change: a published run is of the same rules,
    and another family has other parameters and factors."""
    plasticity, changes = values["plasticity"], changes if isinstance(changes, Mapping) else {}
    values = dict(values)
    if any(key in changes and _listed(changes[key]) != _listed(plasticity[key]) for key in plasticity):
        values["published_run"] = None
    if changes.get("family", plasticity["family"]) != plasticity["family"]:
        values["search"] = {name: dict(search, start={}) for name, search in values["search"].items()}
        conditions = {n: c for n, c in values["generalisation"]["conditions"].items() if "plasticity" not in c}
        generalisation = dict(values["generalisation"], conditions=conditions)
        values |= {"reference": {}, "prior": dict(values["prior"], bounds={}), "generalisation": generalisation}
    return values


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _without_base(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in changes.items() if key != "base"}


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested mappings, the second laid over the first.

    A number laid over a law of a trial replaces it, and so does another `model` or `method` with its own keys.
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


def _parse(model: type[Model], values: Mapping[str, Any], where: str) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_line(model, part, where) for part in error.errors())) from None


def _line(model: type[BaseModel], part: Any, where: str) -> str:
    # Pydantic marks an error in a key itself, not in its value, by a further step.
    owner, path = _owner(model, [str(step) for step in part["loc"] if step != "[key]"])
    key = ".".join(map(_step, path))
    place = f"{where}.{key}" if ": " in where and key else f"{where}: {key}" if key else where
    if part["type"] == "extra_forbidden":
        return f"{place}: unknown key; {_suggest(path[-1], owner.model_fields)}"
    message = part["msg"].removeprefix("Value error, ")
    context = part.get("ctx", {})
    if "tag" in context:
        context = context | {"tag": _shown(context["tag"])}
    message = ALLOWED.get(part["type"], message[0].lower() + message[1:]).format(**context)
    # Of a group of keys its own error is told, not all that is in it.
    of_group = part["type"] in ("missing", "value_error", "union_tag_invalid", "union_tag_not_found")
    value = "" if of_group and isinstance(part["input"], Mapping | BaseModel) else f" = {_shown(part['input'])}"
    return f"{place}{value}: {message}"


def _step(key: object) -> str:
    """A key as an error shows it: on one line, a strange one in quotes, the middle of a long one left out."""
    return key if isinstance(key, str) and key.isprintable() and 0 < len(key) <= 60 else _shown(key)


def _shown(value: Any) -> str:
    """A value as an error shows it: on one line, the middle of a long one left out."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 60
    return short.repr(value)


def _owner(model: type[BaseModel], path: list[str]) -> tuple[type[BaseModel], list[str]]:
    """The group of settings that a key belongs to, and the key's path as a user writes it.

    Where a key may hold one of several groups (`neuron`, a search), the path of an error names the chosen one too.
    """
    written: list[str] = []
    choices: dict[str, type[BaseModel]] = {}
    named = False
    for step in path:
        if step in choices and not named:
            model, choices = choices[step], {}
            continue
        named = False
        if step in model.model_fields:
            annotation = model.model_fields[step].annotation
            choices = _choices(annotation)
            # The next step is then a name that the user gave.
            named = get_origin(annotation) is dict
            groups = [
                g for g in (annotation, *get_args(annotation)) if isinstance(g, type) and issubclass(g, BaseModel)
            ]
            if len(groups) == 1:
                model = groups[0]
        written.append(step)
    return model, written


def _choices(annotation: Any) -> dict[str, type[BaseModel]]:
    """Groups of settings, by the value of their discriminator, anywhere in the type of a key."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        return {fields[key].default: annotation for key in DISCRIMINATORS if key in fields}
    return {name: group for part in get_args(annotation) for name, group in _choices(part).items()}


def _suggest(word: object, allowed: Any) -> str:
    close = difflib.get_close_matches(str(word), list(allowed), n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed: {', '.join(allowed)}"
