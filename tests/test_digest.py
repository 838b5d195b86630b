"""The code digest: a comment in a file moves the digests of the stages that reach the file, and no other."""

import ast
import shutil
from contextlib import ExitStack, contextmanager

import pytest

from synapseek_core.figures.registry import FIGURES
from synapseek_core.interfaces.setup import Setup
from synapseek_core.pipeline import digest
from synapseek_core.pipeline.graph import Graph
from synapseek_core.pipeline.results import Activity, Analysed, Drawn, Fitness
from synapseek_core.studies import project

FILES = sorted(
    path.relative_to(digest.PACKAGE).as_posix()
    for path in digest.PACKAGE.rglob("*.py")
    if path.stem not in digest.LEFT_OUT
)
REGISTRIES = sorted(path.relative_to(digest.PACKAGE).as_posix() for path in digest.PACKAGE.rglob("registry.py"))
STUDIES = ("stability_IE", "oja", "families_polynomial")
SIMULATION = ("synapseek_core.engine.numba.backend", "synapseek_core.plasticity.mlp")


def forget():
    digest.code_digest.cache_clear()
    digest._reached_from.cache_clear()


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    target = tmp_path_factory.mktemp("digest") / "synapseek_core"
    shutil.copytree(digest.PACKAGE, target, ignore=shutil.ignore_patterns("published_runs", "__pycache__"))
    return target


@pytest.fixture
def copy(copied, monkeypatch):
    """A copy of the package; tests that change it put it back."""
    monkeypatch.setattr(digest, "PACKAGE", copied)
    digest.code_digest.cache_clear()
    yield copied
    forget()


@contextmanager
def edited(path, content):
    """A file with another content; what was found of its imports is kept unless it is forgotten."""
    before = path.read_bytes()
    path.write_bytes(content(before))
    digest.code_digest.cache_clear()
    yield
    path.write_bytes(before)
    digest.code_digest.cache_clear()


def with_comment(content):
    return content + b"# a comment\n"


@pytest.fixture(scope="module")
def modules():
    """Result -> the modules that make it, of all that finished studies are made of."""
    found = {}
    for name in STUDIES:
        graph = Graph(Setup({name: project.load_study(name)}))
        wanted = [*graph.figures(), *([Analysed(name, "generalisation")] if name != "families_polynomial" else [])]
        found |= {result: graph.stage(result).modules(result) for result in graph.all_before(wanted)}
    return found


@pytest.fixture(scope="module")
def reached(modules):
    """Result -> the files that the code that makes it reaches."""
    sets = {names: digest.reached_files(names) for names in set(modules.values())}
    return {result: sets[names] for result, names in modules.items()}


@pytest.fixture(scope="module")
def before(copied, modules):
    """Modules of a stage -> digest, of the copy as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest, "PACKAGE", copied)
        digest.code_digest.cache_clear()
        return digests(modules)


def digests(modules):
    """Modules of a stage -> digest, as the files are now."""
    return {names: digest.code_digest(names) for names in set(modules.values())}


@pytest.mark.parametrize(
    "file",
    [
        "engine/numba/backend.py",
        "engine/jax/lazy.py",
        "engine/simulation.py",
        "plasticity/pair.py",
        "plasticity/triplet.py",
        "plasticity/taylor.py",
        "neurons/tif.py",
        "tasks/recurrent/stability/score.py",
        "tasks/recurrent/stability/simulate.py",
        "tasks/recurrent/familiarity/score.py",
        "tasks/recurrent/families/score.py",
        "tasks/linear/score.py",
        "tasks/streams/score.py",
        "measures/rates.py",
        "search/evolution.py",
        "search/gradient.py",
        "analysis/degeneracy.py",
        "figures/activity.py",
        "pipeline/work/score.py",
        "pipeline/stages/simulate.py",
    ],
)
def test_a_comment_moves_the_digests_of_what_reaches_the_file_and_no_other(copy, before, modules, reached, file):
    with edited(copy / file, with_comment):
        after = digests(modules)
    moved = {result for result, names in modules.items() if after[names] != before[names]}
    assert moved == {result for result, files in reached.items() if file in files}


def test_a_digest_is_of_the_reached_files_alone(modules, monkeypatch):
    """So that of every file of the package, not only of those above, a comment moves the digests that reach it."""
    read = []
    monkeypatch.setattr(digest, "_text", lambda path: read.append(path) or b"")
    for names in set(modules.values()):
        read.clear()
        digest.code_digest.cache_clear()
        digest.code_digest(names)
        found = [path.relative_to(digest.PACKAGE).as_posix() for path in read]
        assert sorted(found) == sorted(digest.reached_files(names))
    digest.code_digest.cache_clear()


def made(reached, study, *kinds):
    """Results of some kinds, by default of all, of a study."""
    return {result: files for result, files in reached.items() if result.study == study and isinstance(result, kinds)}


FOREIGN = {
    "stability_IE": (
        "tasks/linear/",
        "tasks/streams/",
        "tasks/tuned/",
        "tasks/recurrent/families/",
        "linear/",
        "streams/",
        "plasticity/triplet.py",
        "plasticity/polynomial.py",
        "plasticity/mlp.py",
        "plasticity/taylor.py",
        "neurons/cvaif.py",
        "neurons/if_nmda.py",
        "measures/",
        "inference/",
        "search/gradient.py",
        "search/settings/gradient.py",
    ),
    "oja": (
        "tasks/recurrent/",
        "tasks/streams/",
        "tasks/tuned/",
        "engine/",
        "streams/",
        "plasticity/pair.py",
        "plasticity/triplet.py",
        "plasticity/polynomial.py",
        "plasticity/mlp.py",
        "neurons/tif.py",
        "neurons/cvaif.py",
        "neurons/if_nmda.py",
        "measures/",
        "inference/",
    ),
    "families_polynomial": (
        "tasks/linear/",
        "tasks/streams/",
        "tasks/tuned/",
        "tasks/recurrent/stability/",
        "tasks/recurrent/familiarity/",
        "linear/",
        "streams/",
        "plasticity/triplet.py",
        "plasticity/polynomial.py",
        "plasticity/mlp.py",
        "plasticity/taylor.py",
        "neurons/tif.py",
        "neurons/cvaif.py",
        "search/evolution.py",
        "search/gradient.py",
        "search/settings/",
    ),
}
"""Study -> files of tasks, families of rules, neurons, metrics and search methods that it has nothing to do with."""


@pytest.mark.parametrize("study", STUDIES)
def test_no_stage_reaches_what_its_study_has_nothing_to_do_with(reached, study):
    assert all(any(file.startswith(part) for file in FILES) for part in FOREIGN[study])
    wrong = {
        (result.path, file)
        for result, files in made(reached, study, object).items()
        for file in files
        if file.startswith(FOREIGN[study])
    }
    assert not wrong


def test_the_task_of_a_condition_is_reached_by_its_own_stages_alone(reached):
    own = {
        result
        for result, files in made(reached, "stability_IE", object).items()
        if any(file.startswith("tasks/recurrent/familiarity/") for file in files)
    }
    assert own == {
        result for result in made(reached, "stability_IE", Activity, Fitness) if result.condition == "familiarity"
    }
    assert {type(result) for result in own} == {Activity, Fitness}


@pytest.mark.parametrize("study", STUDIES)
def test_a_simulation_reaches_no_score_search_analysis_or_figure(reached, study):
    simulated = made(reached, study, Activity)
    assert simulated
    for files in simulated.values():
        assert not [file for file in files if file.startswith(("search/", "analysis/", "figures/", "inference/"))]
        assert not [file for file in files if file.endswith("/score.py")]


def test_a_score_reaches_no_simulation_and_no_backend(reached):
    for study in STUDIES:
        for files in made(reached, study, Fitness).values():
            assert not [file for file in files if file.startswith(("engine/numba/", "engine/jax/"))]
            assert not [file for file in files if file.startswith("tasks/") and file.endswith("/simulate.py")]


def test_a_figure_is_reached_by_its_own_stage_alone(reached):
    drawn = {result.figure for result in reached if isinstance(result, Drawn)}
    for figure in FIGURES:
        owners = {result for result, files in reached.items() if f"figures/{figure}.py" in files}
        assert owners == {result for result in reached if isinstance(result, Drawn) and result.figure == figure}
        assert bool(owners) == (figure in drawn)
        assert not [file for file in FILES if f"figures/{figure}.py" in digest._reached_from(file)]


def test_every_stage_reaches_what_it_is_made_by(reached):
    """A few that must be there, whatever else is."""
    for result, files in made(reached, "stability_IE", Activity).items():
        task = "familiarity" if result.condition == "familiarity" else "stability"
        needed = {f"tasks/recurrent/{task}/{part}.py" for part in ("simulate", "settings")}
        needed |= {"plasticity/pair.py", "neurons/tif.py", "seeds.py", "arithmetic.py"}
        needed |= {f"engine/{backend}/backend.py" for backend in ("numba", "jax")}
        assert needed <= files
    for files in made(reached, "families_polynomial", Activity).values():
        assert {"measures/rates.py", "measures/intervals.py", "measures/counts.py", "measures/weights.py"} <= files
        assert "neurons/if_nmda.py" in files


@pytest.mark.parametrize("file", ["engine/numba/kernel/lazy.py", "data/mlp_hidden_layers.nc"])
def test_a_file_that_is_read_belongs_to_the_code(copy, file):
    before = digest.code_digest(SIMULATION)
    with edited(copy / file, with_comment):
        assert digest.code_digest(SIMULATION) != before


def test_style_sheet_belongs_to_every_figure(reached):
    assert all("figures/synapseek.mplstyle" in reached[result] for result in reached if isinstance(result, Drawn))


def test_line_ends_do_not_move_a_digest(copy, before, modules):
    with ExitStack() as stack:
        for path in (*copy.rglob("*.py"), *copy.rglob("*.mplstyle")):
            stack.enter_context(edited(path, lambda content: content.replace(b"\n", b"\r\n")))
        forget()
        assert digests(modules) == before


def test_imports_for_type_checkers_do_not_count(copy):
    """search/objective.py imports the settings of all methods for its annotations alone."""
    assert "search/settings/gradient.py" not in digest.reached_files(["synapseek_core.search.objective"])
    assert "search/settings/gradient.py" in digest.reached_files(["synapseek_core.search.gradient"])


@pytest.mark.parametrize("file", REGISTRIES)
def test_a_registry_holds_names_and_places_as_text_and_nothing_else(file):
    """For it is in no digest."""
    statements = ast.parse((digest.PACKAGE / file).read_text("utf-8")).body
    docstring, *others = statements
    assert ast.get_docstring(ast.Module(statements, []))
    assert isinstance(docstring, ast.Expr)
    for statement in others:
        if isinstance(statement, ast.Import | ast.ImportFrom) or ast.unparse(statement).startswith("if TYPE_CHECKING:"):
            continue
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        call = statement.value
        assert isinstance(call, ast.Call)
        assert call.func.id in ("Registry", "Folder", "TaskPlaces")
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            entries = ast.literal_eval(value)
            texts = [*entries, *entries.values()] if isinstance(entries, dict) else [entries]
            assert all(isinstance(text, str) for text in texts)
