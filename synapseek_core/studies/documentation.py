"""The JSON schema and the table of parameters, generated from the typed configuration.

`python -m synapseek_core.studies.documentation FOLDER` writes `config.schema.json` and `parameters.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from synapseek_core.quantities import CHOICE, FITTED, Distribution
from synapseek_core.studies.project import ProjectSettings
from synapseek_core.studies.registry import STUDIES


def schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml; a study may leave out any key, and `base` may name another study."""
    project = ProjectSettings.model_json_schema()
    definitions: dict[str, Any] = project.pop("$defs")
    kinds = {name: type(study.settings) for name, study in STUDIES.items()}
    for kind in set(kinds.values()):
        one = kind.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= one.pop("$defs", {})
        one["properties"]["base"] = {"enum": sorted(STUDIES), "description": "study whose settings this one changes"}
        definitions[kind.__name__] = one
    references = {name: {"$ref": f"#/$defs/{kind.__name__}"} for name, kind in kinds.items()}
    studies = {name: {"anyOf": [reference, {"type": "null"}]} for name, reference in references.items()}
    for definition in definitions.values():
        definition.pop("required", None)
    # A distribution of a trial may be written as a number.
    law = definitions.pop("Distribution")
    definitions["Distribution"] = {"anyOf": [law, {"type": "number", "minimum": 0}]}
    any_study = {"anyOf": [*{r["$ref"]: r for r in references.values()}.values(), {"type": "null"}]}
    project["properties"]["studies"] |= {"properties": studies, "additionalProperties": any_study}
    changes = definitions["PublishedTableSettings"]["properties"]["changes"]
    changes |= {"properties": references, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **project,
        "$defs": dict(sorted(definitions.items())),
    }


def parameter_table() -> str:
    """Return a Markdown table: every key of every study, its published and preview value, unit, meaning and source."""
    lines = [
        "# Parameters",
        "",
        "Generated from the typed configuration. A key is written in `config.yaml` under its study, for example",
        "`studies: {stability_IE: {search: {cma_es: {restarts: 8}}}}`. A distribution of a trial is written as a",
        "number (fixed) or as `{law: uniform, low: 1, high: 5}` (or `log_uniform`). The preview column lists what",
        "`scale: preview` changes.",
        "",
        "## Top level",
        "",
        *_table(_rows(ProjectSettings(), {}, {})),
    ]
    whole: dict[type, tuple[str, list[tuple[str, ...]]]] = {}
    for name, study in STUDIES.items():
        sources = {**study.sources, **dict.fromkeys(study.published_experiment.fitted, FITTED)}
        kind, rows = type(study.settings), list(_rows(study.settings, study.preview, sources))
        lines += ["", f"## {name}", "", study.references, ""]
        if kind in whole:
            like, known = whole[kind]
            rows = [row for row in rows if row not in known]
            lines += [f"As `{like}`, but:", ""]
        else:
            whole[kind] = name, rows
        lines += _table(rows)
    return "\n".join(lines) + "\n"


def _table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    header = ("key", "published", "preview", "unit", "meaning", "source")
    return ["| " + " | ".join(row) + " |" for row in (header, ("---",) * len(header), *rows)]


def _rows(
    settings: BaseModel, preview: Mapping[str, Any], sources: Mapping[str, str], prefix: str = ""
) -> Iterator[tuple[str, ...]]:
    for name, field in type(settings).model_fields.items():
        key, value, changed = f"{prefix}{name}", getattr(settings, name), preview.get(name)
        for group_key, group, changes in _groups(key, value, changed or {}):
            yield from _rows(group, changes, sources, f"{group_key}.")
        if isinstance(field.json_schema_extra, dict) and not _is_group(value):
            shown = "" if changed is None else _value(_law(value, changed))
            extra = field.json_schema_extra
            unit = "" if isinstance(value, str) else str(extra["unit"])
            # A default that is the study's own has its own source.
            own = CHOICE if value != field.get_default(call_default_factory=True) else str(extra["source"])
            yield f"`{key}`", _value(value), shown, unit, field.description or "", sources.get(key, own)


def _groups(key: str, value: Any, changes: Mapping[str, Any]) -> Iterator[tuple[str, BaseModel, Mapping[str, Any]]]:
    """Return the groups of settings below a key: the value itself, or its entries by name."""
    if _is_group(value):
        yield key, value, changes
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _groups(f"{key}.{name}", entry, changes.get(name, {}) if isinstance(changes, Mapping) else {})


def _is_group(value: Any) -> bool:
    return isinstance(value, BaseModel) and not isinstance(value, Distribution)


def _law(value: Any, changed: Any) -> Any:
    return value.model_copy(update=changed) if isinstance(value, Distribution) else changed


def _value(value: Any) -> str:
    if isinstance(value, Distribution):
        if value.low == value.high:
            return f"{value.low:g}"
        return f"{value.law.replace('_', '-')} [{value.low:g}, {value.high:g}]"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_braced(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _braced(value: Any) -> str:
    return f"{{{_value(value)}}}" if isinstance(value, Mapping) else _value(value)


def write(folder: Path) -> None:
    """Write the schema and the table of parameters."""
    (folder / "config.schema.json").write_text(json.dumps(schema(), indent=2) + "\n")
    (folder / "parameters.md").write_text(parameter_table())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
