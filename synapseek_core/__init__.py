"""Meta-learning of synaptic plasticity rules: simulate, score, learn and compare candidate rules.

What a notebook needs, each loaded when it is first asked for:

    load_study, load_project     a study by its name; a whole configuration
    STUDIES                      the studies by name
    rules, read_rules            rules from their parameters; from a table
    write_published_run          a published search as a file, from arrays
    simulate, evaluate           what networks do under rules; what that scores
    run                          a study from its searches to what its figures are drawn from
    rules_of, fitness_of, activity_of, analysis_of    what is asked of a run
    read                         a result from its file
    Compute, Trials              what to compute with; which trials
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# Files are moved into place whole, so that nothing needs locks, which some network file systems do not have. HDF5 asks
# for this when it is first used; a user's own choice stays.
os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")

if TYPE_CHECKING:
    from synapseek_core.files.published_runs import write_published_run
    from synapseek_core.notebook import evaluate, read, read_rules, rules, simulate
    from synapseek_core.pipeline.results import activity_of, analysis_of, fitness_of, rules_of
    from synapseek_core.pipeline.run import run
    from synapseek_core.runtime import Compute
    from synapseek_core.seeds import Trials
    from synapseek_core.studies.project import load as load_project
    from synapseek_core.studies.project import load_study
    from synapseek_core.studies.registry import STUDIES

_PLACES = {
    "load_study": "studies.project:load_study",
    "load_project": "studies.project:load",
    "STUDIES": "studies.registry:STUDIES",
    "rules": "notebook:rules",
    "read_rules": "notebook:read_rules",
    "simulate": "notebook:simulate",
    "evaluate": "notebook:evaluate",
    "run": "pipeline.run:run",
    "rules_of": "pipeline.results:rules_of",
    "fitness_of": "pipeline.results:fitness_of",
    "activity_of": "pipeline.results:activity_of",
    "analysis_of": "pipeline.results:analysis_of",
    "read": "notebook:read",
    "Compute": "runtime:Compute",
    "Trials": "seeds:Trials",
    "write_published_run": "files.published_runs:write_published_run",
}

__all__ = [
    "STUDIES",
    "Compute",
    "Trials",
    "activity_of",
    "analysis_of",
    "evaluate",
    "fitness_of",
    "load_project",
    "load_study",
    "read",
    "read_rules",
    "rules",
    "rules_of",
    "run",
    "simulate",
    "write_published_run",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("synapseek")
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from synapseek_core.registries import load

    return load(_PLACES[name])


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
