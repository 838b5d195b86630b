"""Configurations changed at random: what a user may write by mistake, and where."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from synapseek_core.studies.registry import STUDIES

WRONG: tuple[Any, ...] = (
    None,
    True,
    "",
    "text",
    "1e-3",
    "a: b\nc",
    "\ud800",
    b"bytes",
    datetime.date(2025, 4, 1),
    0,
    -1,
    7,
    10**12,
    -(10**400),
    0.0,
    -0.5,
    1e-300,
    1e300,
    float("nan"),
    float("inf"),
    -float("inf"),
    [],
    [1, 2],
    [2, 1],
    [[1]],
    {},
    {1: 2},
    {"low": 2, "high": 1},
    {"low": float("nan"), "high": 1},
    {"law": "normal", "low": 1, "high": 2},
    {"law": "log_uniform", "low": 0, "high": 2},
    {"model": "if"},
    {"method": "gradient"},
    {"base": "oja"},
)
"""Values that stand in the place of a setting; some happen to be allowed somewhere."""

KEYS = (
    "",
    "excitatry",
    "base",
    "a/b",
    "../up",
    "x" * 300,
    "a$b$",
    "a\nb",
    "comparison",
    5,
    None,
    True,
    1.5,
    ("a", "b"),
)
"""Keys that stand in the place of a key or beside it."""


def everything(name: str) -> dict[str, Any]:
    """A configuration in which all settings of a study are written out."""
    settings = STUDIES[name].settings.model_dump(mode="json")
    return {"scale": "preview", "backend": "auto", "device": "auto", "studies": {name: settings}}


def places(config: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values of a configuration, of groups too."""
    entries = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


def group(config: Any, path: tuple[Any, ...]) -> Any:
    """What holds the value at a path."""
    for key in path[:-1]:
        config = config[key]
    return config


def change(config: Any, path: tuple[Any, ...], kind: str, value: Any, key: Any) -> tuple[Any, ...]:
    """Change a configuration at a path, in place; the path of what changed."""
    holder = group(config, path)
    if kind == "remove":
        del holder[path[-1]]
        return path
    if kind == "value" or isinstance(holder, list):
        holder[path[-1]] = value
        return path
    holder[key] = holder.pop(path[-1]) if kind == "rename" else value
    return (*path[:-1], key)


@st.composite
def configurations(draw: st.DrawFn) -> tuple[Any, list[tuple[Any, ...]]]:
    """A configuration with one to three changes, and where they are."""
    config, changed = everything(draw(st.sampled_from(sorted(STUDIES)))), []
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(config))))
        kind = draw(st.sampled_from(["value", "value", "value", "rename", "add", "remove"]))
        value = copy.deepcopy(draw(st.sampled_from(WRONG)))
        changed.append(change(config, path, kind, value, draw(st.sampled_from(KEYS))))
    return config, changed
