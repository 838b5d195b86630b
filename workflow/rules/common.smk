# What the stages share: the checked configuration, where files are, and what makes a stage run again.
import os
import re
from pathlib import Path

from snakemake.exceptions import WorkflowError

from synapseek_core.files import datasets, provenance
from synapseek_core.files.contracts.published import PUBLISHED_RUN
from synapseek_core.studies import project
from synapseek_core.published.rules import search_from_start, study_of
from synapseek_core.errors import SynapseekError
from synapseek_core.figures.registry import FIGURES
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.published.figure import CAPTION as PUBLISHED_TABLE_CAPTION
from synapseek_core.rule_sets.origins import (
    TESTED,
    inferred_rounds,
    origin_of,
    origins_of,
    rounds_before,
)
from synapseek_core.files.published_runs import published_run_files

SCRIPTS = Path(workflow.basedir) / "scripts"
FORMATS = ("pdf", "svg", "png")

try:
    PROJECT = project.load(config)
    PUBLISHED_RUN_FILES = published_run_files(PROJECT.settings.published_table.folder)
    PUBLISHED_RUNS = {
        name: datasets.read(file, PUBLISHED_RUN)
        for name, file in PUBLISHED_RUN_FILES.items()
    }
except SynapseekError as error:
    # One line for the user, not a traceback.
    raise WorkflowError(str(error)) from None

STUDIES = PROJECT.studies
STUDY_OF_RUN = {
    name: study.name
    for name, run in PUBLISHED_RUNS.items()
    if (study := study_of(run, PROJECT.published_studies))
}
ENVIRONMENT = f"../../envs/{'cuda' if PROJECT.settings.device == 'gpu' else 'cpu'}.yaml"


wildcard_constraints:
    study="|".join(STUDIES),
    origin="|".join(
        {o for study in STUDIES.values() for o in origins_of(study.settings)}
    ),
    round="|".join({r for study in STUDIES.values() for r in study.settings.rounds}),
    figure="|".join(FIGURES),
    comparison="|".join(COMPARISONS),
    search="|".join(
        {name for study in STUDIES.values() for name in study.settings.search}
    ),
    batch=r"\d+",
    restart=r"\d+",
    chunk=r"\d+",


def check_writable():
    """Refuse to begin where results cannot be written, which jobs and Snakemake itself would stumble over."""
    for folder in (Path("results"), *Path("results").glob("*/*/")):
        if folder.exists() and not os.access(folder, os.W_OK):
            raise WorkflowError(
                f"{folder}: not writable; make it writable and run again"
            )


def settings_of(study):
    return STUDIES[study].settings


def origin_of_job(wildcards):
    """Where the rules of a job come from."""
    return origin_of(settings_of(wildcards.study), wildcards.origin)


def chunks(study, search):
    """Generations of each chunk of a search."""
    settings = settings_of(study).search[search]
    starts = range(0, settings.generations, settings.chunk)
    return [
        range(start, min(start + settings.chunk, settings.generations))
        for start in starts
    ]


def runs(study):
    """Every restart of every search, as (search, restart)."""
    searches = settings_of(study).search
    return [(name, r) for name in searches for r in range(searches[name].restarts)]


def batches(study, origin):
    """Rules of each batch, as slices of the rules file."""
    size = settings_of(study).evaluation.batch_size
    count = origin_of(settings_of(study), origin).count(settings_of(study))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def search_file(study, search, restart, chunk):
    return f"results/{study}/search/{search}/{restart}/{chunk}.nc"


def files_of(study, need):
    """Files of a result that a stage, a rule origin or a figure asks for by name."""
    kind, _, origin = need.partition("/")
    if need == "search":
        return [
            search_file(study, name, restart, len(chunks(study, name)) - 1)
            for name, restart in runs(study)
        ]
    if need == "history":
        return [
            search_file(study, name, restart, chunk)
            for name, restart in runs(study)
            for chunk in range(len(chunks(study, name)))
        ]
    if kind == "activity":
        return [
            f"results/{study}/activity/{origin}/{b}.nc"
            for b in range(len(batches(study, origin)))
        ]
    return f"results/{study}/{need}.nc"


def inputs_of(study, needs):
    """Named inputs: `rules/learned` becomes `rules_learned`."""
    return {"_".join(need.split("/")): files_of(study, need) for need in needs}


def code_digest(script):
    """Digest of the code that a script reaches."""
    return provenance.code_digest(SCRIPTS / script, SCRIPTS / "stage.py")


def stage_parameters(script, *sections, scores=False, depends=None):
    """Parameters of a stage: a change of the code that its script reaches, or of its settings, runs it again.

    A stage that `scores` rules depends on what the loss depends on too; `depends` gives the settings, of the
    wildcards, of one that is not named by sections.
    """

    def settings(wildcards):
        study = settings_of(wildcards.study)
        return study.sections(*sections, *(study.loss_sections if scores else ()))

    return dict(
        code_digest=code_digest(script),
        scale=lambda wildcards: STUDIES[wildcards.study].scale,
        settings=depends or settings,
    )


def figure_files(study, figure):
    return [f"results/{study}/figures/{figure}.{form}" for form in FORMATS]


def degeneracy_needs(study):
    """The last chunk of every run, and rules and fitness of every origin."""
    origins = origins_of(settings_of(study))
    return [
        "search",
        *(f"{kind}/{origin}" for kind in ("rules", "fitness") for origin in origins),
    ]


def rounds_needs(study, name=None):
    """Rules and fitness of the rounds before a round of inference; of none, of all rounds."""
    before = rounds_before(settings_of(study), name)
    return [f"{kind}/{one}" for kind in ("rules", "fitness") for one in before]


def families_needs(study):
    """Rules and fitness of all rounds of inference, and the posteriors."""
    posteriors = [f"posterior/{r}" for r in inferred_rounds(settings_of(study))]
    return [*rounds_needs(study), *posteriors]


def generalisation_needs(study):
    """Rules of every origin that is tested for generalisation."""
    origins = origins_of(settings_of(study))
    return [f"rules/{origin}" for origin in TESTED if origin in origins]


def searches_from_published_starts():
    """Chunks of the first search of every study that starts where the study's published run did."""
    files = []
    for name, study in STUDIES.items():
        run = PUBLISHED_RUNS.get(study.settings.published_run)
        search = None if run is None else search_from_start(study.settings, run)
        files += [
            search_file(name, search, restart, chunk)
            for each, restart in runs(name)
            if each == search
            for chunk in range(len(chunks(name, search)))
        ]
    return files


def compared(comparison):
    """The studies that a figure across studies shows."""
    return COMPARISONS[comparison].studies(STUDIES.values())


def comparison_inputs(comparison):
    """Named inputs of a figure across studies: the study's name before those of `inputs_of`."""
    return {
        f"{study.name}_{name}": files
        for study in compared(comparison)
        for name, files in inputs_of(study.name, COMPARISONS[comparison].needs).items()
    }


def comparison_files():
    """All figures across studies that have studies to compare."""
    return [
        f"results/comparison/{comparison}.{form}"
        for comparison in COMPARISONS
        if compared(comparison)
        for form in FORMATS
    ]
