# What the stages share: the checked configuration, where files are, and what makes a stage run again.
from pathlib import Path

from snakemake.exceptions import WorkflowError

from synapseek_core import project, provenance
from synapseek_core.errors import SynapseekError
from synapseek_core.figures import FIGURES
from synapseek_core.search.origins import ORIGINS, origins_of

SCRIPTS = Path(workflow.basedir) / "scripts"
FORMATS = ("pdf", "svg", "png")

try:
    PROJECT = project.load(config)
except SynapseekError as error:
    # One line for the user, not a traceback.
    raise WorkflowError(str(error)) from None

STUDIES = PROJECT.studies
ENVIRONMENT = f"../../envs/{'cuda' if PROJECT.settings.device == 'gpu' else 'cpu'}.yaml"


wildcard_constraints:
    study="|".join(STUDIES),
    origin="|".join(ORIGINS),
    figure="|".join(FIGURES),
    batch=r"\d+",
    restart=r"\d+",
    chunk=r"\d+",


def settings_of(study):
    return STUDIES[study].settings


def chunks(study):
    """Generations of each chunk of a search."""
    search = settings_of(study).search
    starts = range(0, search.generations, search.chunk)
    return [
        range(start, min(start + search.chunk, search.generations)) for start in starts
    ]


def batches(study, origin):
    """Rules of each batch, as slices of the rules file."""
    size = settings_of(study).evaluation.batch_size
    count = ORIGINS[origin].count(settings_of(study))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def search_file(study, restart, chunk):
    return f"results/{study}/search/{restart}/{chunk}.nc"


def files_of(study, need):
    """Files of a result that a stage, a rule origin or a figure asks for by name."""
    kind, _, origin = need.partition("/")
    restarts = range(settings_of(study).search.restarts)
    if need == "search":
        return [search_file(study, r, len(chunks(study)) - 1) for r in restarts]
    if need == "history":
        return [
            search_file(study, r, c)
            for r in restarts
            for c in range(len(chunks(study)))
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


def stage_parameters(script, *sections):
    """Parameters of a stage: a change of the code that its script reaches, or of its settings, runs it again."""
    digest = provenance.code_digest(SCRIPTS / script, SCRIPTS / "stage.py")
    return dict(
        code_digest=digest,
        scale=PROJECT.settings.scale,
        settings=lambda wildcards: settings_of(wildcards.study).sections(*sections),
    )


def figure_files(study, figure):
    return [f"results/{study}/figures/{figure}.{form}" for form in FORMATS]


def degeneracy_needs(study):
    """The last chunk of every restart, and rules and fitness of every origin."""
    origins = origins_of(settings_of(study))
    return [
        "search",
        *(f"{kind}/{origin}" for kind in ("rules", "fitness") for origin in origins),
    ]
