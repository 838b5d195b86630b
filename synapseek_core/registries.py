"""Registries: names of things of one kind, each imported when it is asked for.

A module with a registry holds names and places as text and nothing that computes. So it loads nothing, may name what
stands in packages above it, and what is added to it changes no other entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pathlib import Path
from typing import Any, Generic, TypeVar

PACKAGE = __name__.partition(".")[0]
Entry = TypeVar("Entry")


class Registry(Mapping[str, Entry], Generic[Entry]):
    """Entries by name, in the order in which they are given.

    Args:
        places: name -> where the entry is, as `module:attribute`, the module named within this package.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)

    def __getitem__(self, name: str) -> Entry:
        """Import the module of an entry and return the entry.

        Raises:
            KeyError: there is none of that name.
        """
        module, attribute = self.places[name].split(":")
        return getattr(import_module(f"{PACKAGE}.{module}"), attribute)

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def module(self, name: str) -> str:
        """Return the full name of the module that holds an entry."""
        return f"{PACKAGE}.{self.places[name].split(':')[0]}"


def union(classes: Mapping[str, type]) -> Any:
    """Return the union of the classes of a registry, as a type for annotations."""
    return reduce(or_, classes.values())


class Folder(Registry[Entry]):
    """The modules of a folder that define an attribute, by the names of their files: a new entry is one new file.

    Args:
        folder: within this package, with points.
        attribute: what holds the entry.
    """

    def __init__(self, folder: str, attribute: str) -> None:
        path = Path(__file__).parent / folder.replace(".", "/")
        definition = re.compile(rf"^{attribute}\b[^=\n]* = ", re.MULTILINE)
        files = [file for file in sorted(path.glob("*.py")) if definition.search(file.read_text("utf-8"))]
        super().__init__({file.stem: f"{folder}.{file.stem}:{attribute}" for file in files})


def load(place: str) -> Any:
    """Return what stands at a place, `module:attribute`, the module named within this package."""
    return Registry({"": place})[""]


def module_of(place: str) -> str:
    """Return the full name of the module of a place."""
    return Registry({"": place}).module("")
