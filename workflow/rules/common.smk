# What the stages share: the checked configuration, the graph of results, and what makes a stage run again.
import os
import re
from pathlib import Path

from snakemake.exceptions import WorkflowError

from synapseek_core.errors import SynapseekError
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.figures.registry import FIGURES
from synapseek_core.pipeline import results
from synapseek_core.pipeline.graph import FORMATS, Graph
from synapseek_core.rule_sets.catalogue import evaluations
from synapseek_core.runtime import KERNELS, cache_directory
from synapseek_core.studies import project

try:
    PROJECT = project.load(config)
    GRAPH = Graph(PROJECT.setup())
    PUBLISHED = GRAPH.setup.published
    STUDIES = {
        study.name: study
        for study in (*PROJECT.studies.values(), *PUBLISHED.studies.values())
    }
    EVALUATIONS = [
        pair
        for study in PROJECT.studies.values()
        for pair in evaluations(study, PROJECT.studies)
    ]
except SynapseekError as error:
    # One line for the user, not a traceback.
    raise WorkflowError(str(error)) from None

ENVIRONMENT = f"../../envs/{'cuda' if PROJECT.settings.device == 'gpu' else 'cpu'}.yaml"


def one_of(names):
    """A wildcard that is one of some names."""
    return "|".join(map(re.escape, dict.fromkeys(names))) or "none"


wildcard_constraints:
    study=one_of(STUDIES),
    rules=one_of([*(rules for rules, _ in EVALUATIONS), *PUBLISHED.files]),
    condition=one_of(name for study in STUDIES.values() for name in study.conditions),
    round=one_of(name for study in STUDIES.values() for name in study.settings.rounds),
    search=one_of(name for study in STUDIES.values() for name in study.settings.search),
    analysis=r"\w+",
    figure=one_of(FIGURES),
    comparison=one_of(COMPARISONS),
    form=one_of(FORMATS),
    batch=r"\d+",
    restart=r"\d+",
    chunk=r"\d+",


def check_writable():
    """Refuse to begin where results cannot be written, which jobs and Snakemake itself would stumble over."""
    root = Path(results.ROOT)
    for folder in (root, *root.glob("*/*/")):
        if folder.exists() and not os.access(folder, os.W_OK):
            raise WorkflowError(
                f"{folder}: not writable; make it writable and run again"
            )


def result(kind, wildcards):
    """The result of a job; of a figure in its first form, which stands for all."""
    return kind.of({"form": FORMATS[0]} | dict(wildcards.items()))


def inputs(kind):
    """The files of this project that a job needs."""
    return lambda w: [
        one.path for needed in GRAPH.inputs(result(kind, w)).values() for one in needed
    ]


def files(kind):
    """The files from elsewhere that a job needs. Their content is among the parameters, so that their times are not
    looked at."""
    return lambda w: [
        ancient(str(file)) for file in GRAPH.stage_of(kind).files(result(kind, w))
    ]


def parameters(kind):
    """Parameters of a stage: a change of the code that it reaches, of its settings or of its part of a
    whole runs it again."""
    stage = GRAPH.stage_of(kind)
    return dict(
        code_digest=lambda w: stage.digest(result(kind, w)),
        settings=lambda w: stage.settings(result(kind, w)),
        part=lambda w: stage.part(result(kind, w)),
    )
