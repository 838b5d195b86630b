"""Settings from plain values, and what is wrong with them in the user's words."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from synapseek_core.errors import ConfigurationError
from synapseek_core.quantities import LARGEST_WHOLE

Model = TypeVar("Model", bound=BaseModel)

DISCRIMINATORS = ("model", "method")
"""Keys that choose among several groups of settings."""

ALLOWED = {
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "allowed: keys with their values"),
    "tuple_type": "allowed: a list",
    "int_parsing_size": f"allowed: up to {LARGEST_WHOLE}",
    "missing": "is missing",
    "union_tag_invalid": "{discriminator} = {tag}; allowed: {expected_tags}",
    "union_tag_not_found": "the key {discriminator} is missing",
}
"""What is told of an error of a type in place of pydantic's words."""


def parse(model: type[Model], values: Mapping[str, Any], where: str) -> Model:
    """Return settings of a group from plain values.

    Args:
        where: place of the group, with which every line of an error begins.

    Raises:
        ConfigurationError: one line for every key that is wrong, with its value and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_line(model, part, where) for part in error.errors())) from None


def _line(model: type[BaseModel], part: Any, where: str) -> str:
    # Pydantic marks an error in a key itself, not in its value, by a further step.
    owner, path = _owner(model, [str(step) for step in part["loc"] if step != "[key]"])
    key = ".".join(map(shown_key, path))
    place = f"{where}.{key}" if ": " in where and key else f"{where}: {key}" if key else where
    if part["type"] == "extra_forbidden":
        return f"{place}: unknown key; {suggestion(path[-1], owner.model_fields)}"
    message = part["msg"].removeprefix("Value error, ")
    context = part.get("ctx", {})
    if "tag" in context:
        context = context | {"tag": shown(context["tag"])}
    own = ALLOWED.get(part["type"])
    message = own.format(**context) if own else message[0].lower() + message[1:]
    # Of a group of keys its own error is told, not all that is in it.
    of_group = part["type"] in ("missing", "value_error", "union_tag_invalid", "union_tag_not_found")
    value = "" if of_group and isinstance(part["input"], Mapping | BaseModel) else f" = {shown(part['input'])}"
    return f"{place}{value}: {message}"


def shown_key(key: object) -> str:
    """Return a key as an error shows it: on one line, an unusual one in quotes, the middle of a long one left out."""
    return key if isinstance(key, str) and key.isprintable() and 0 < len(key) <= 60 else shown(key)


def shown(value: Any) -> str:
    """Return a value as an error shows it: on one line, the middle of a long one left out."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 60
    return short.repr(value)


def _owner(model: type[BaseModel], path: list[str]) -> tuple[type[BaseModel], list[str]]:
    """Return the group of settings that a key belongs to, and the key's path as a user writes it.

    Where a key may have one of several groups (`neuron`, a search), the path of an error names the chosen one too.
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
    """Return the groups of settings, by the value of their discriminator, anywhere in the type of a key."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        return {fields[key].default: annotation for key in DISCRIMINATORS if key in fields}
    return {name: group for part in get_args(annotation) for name, group in _choices(part).items()}


def suggestion(word: object, allowed: Iterable[str]) -> str:
    """Return what is allowed in place of a word, and first what is most like it, if anything is."""
    close = difflib.get_close_matches(str(word), list(allowed), n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed: {', '.join(allowed)}"
