# What the stages share: the checked configuration, the graph of results, and what makes a stage run again.
import os
import re
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import RerunTrigger

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

DEVICE = "cuda" if PROJECT.settings.device == "gpu" else "cpu"
# Snakemake fills in wildcards in the whole path, the folder of the project too.
ENVIRONMENT = (
    str(workflow.current_basedir.join(f"../../envs/{DEVICE}.yaml"))
    .replace("{", "{{")
    .replace("}", "}}")
)
IS_MODULE = not workflow.modifier.is_main_snakefile()


def one_of(names):
    """A wildcard that is one of some names."""
    return "|".join(map(re.escape, dict.fromkeys(names))) or "none"


wildcard_constraints:
    study=one_of(STUDIES),
    rules=one_of([*(rules for rules, _ in EVALUATIONS), *PUBLISHED.files]),
    condition=one_of(name for study in STUDIES.values() for name in study.conditions),
    round=one_of(name for study in STUDIES.values() for name in study.settings.rounds),
    population=one_of(
        name for study in STUDIES.values() for name in study.settings.populations
    ),
    sweep=r"\d+",
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


def leave_code_to_digests():
    """Run nothing again for the time of a script, which is new in every clone; digests of code are among the parameters.

    Called while the graph of jobs is built: earlier Snakemake has no such setting, later it is too late. A workflow that
    takes this one as a module decides itself, for its own rules too.
    """
    if not IS_MODULE:
        workflow.dag_settings.rerun_triggers -= {RerunTrigger.CODE}


def inputs(kind):
    """The files of this project that a job needs.

    Files from elsewhere are not among them: they count by their content, which is among the parameters, wherever they are.
    """

    def needed(wildcards):
        leave_code_to_digests()
        needs = GRAPH.inputs(result(kind, wildcards)).values()
        return [one.path for results_of_need in needs for one in results_of_need]

    return needed


def parameters(kind):
    """Parameters of a stage: a change of the code that it reaches, of its settings or of its part of a
    whole runs it again. Its name is that of the rule, but where a module renames it."""
    stage = GRAPH.stage_of(kind)
    return dict(
        stage=stage.name,
        code_digest=lambda w: stage.digest(result(kind, w)),
        settings=lambda w: stage.settings(result(kind, w)),
        part=lambda w: stage.part(result(kind, w)),
    )
