"""Files of the benchmarks: where they are, and what they say about where they came from."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synapseek_core.files.provenance import PACKAGE, provenance
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.digest import code_digest

RESULTS = Path(__file__).parent / "results"


def attributes(
    name: str, settings: Mapping[str, Any], scale: str = "published", references: str = "", **further: Any
) -> dict[str, Any]:
    """Return the global attributes of a file that this script writes; `further` are its own ones."""
    return provenance(name, "benchmark", [], settings, scale, _digest(), references) | further


def attributes_of(study: Study, *sections: str, **further: Any) -> dict[str, Any]:
    """Return the attributes of a file of a study, with the sections of its settings that matter beyond the score."""
    return attributes(study.name, study.settings.scored(*sections), study.scale, study.references, **further)


def _digest() -> str:
    """Return the digest of this script and of the whole package, of which a study reaches parts by name."""
    files = (path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py"))
    whole = code_digest(tuple(sorted(".".join(file.parts) for file in files)))
    return hashlib.sha256(Path(sys.argv[0]).read_bytes() + whole.encode()).hexdigest()[:16]
