"""The workflow at a tiny size, on a copy of the project: runs, notices edits, reports, refuses what is damaged."""

import os
import random
import re
import shutil
import sysconfig
import time
import venv

import pytest
import yaml
from redrawn import differing_pixels
from tiny_workflow import ROOT, TINY, Folder

from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.files import datasets
from synapseek_core.files.contracts.registry import CONTRACTS
from synapseek_core.files.contracts.rules import DEGENERACY, GENERALISATION, RULES
from synapseek_core.files.contracts.rules import FITNESS as FITNESS_CONTRACT
from synapseek_core.files.lineage import embedded
from synapseek_core.pipeline.results import Compared, Drawn
from synapseek_core.studies import project
from synapseek_core.studies.registry import STUDIES

STUDY = "results/stability_IE"
FITNESS = f"{STUDY}/fitness/prior/evaluation.nc"


RATE = {
    "scale": "preview",
    "studies": {
        "pca_network": {
            "network": {"inputs": 4},
            "protocol": {"steps": 40},
            "recording": {"samples": 4},
            "prior": {"samples": 0},
            "search": {
                "gradient": {"generations": 2, "chunk": 1, "trials": 1, "restarts": 1},
                "unpenalised": {"generations": 1, "trials": 1, "restarts": 1},
            },
            "evaluation": {"trials": 2},
            "generalisation": {"trials": 2},
        }
    },
}


QUICK = {
    "network": TINY["studies"]["stability_IE"]["network"],
    "published_run": None,
    "prior": {"samples": 0},
    "search": {"cma_es": {"population_size": 4, "generations": 2, "trials": 1, "chunk": 2, "restarts": 1}},
    "evaluation": {"trials": 1},
    "degeneracy": {"displacements": [0.2], "draws": 0},
}
SEVERAL = {
    "scale": "preview",
    "studies": {
        "stability_IE": QUICK
        | {
            "protocol": {"training_time": 0.6, "scoring_time": 0.4},
            "generalisation": {
                "trials": 1,
                "conditions": {"stability": {}, "familiarity": {"base": "familiarity_EE_IE"}},
            },
        },
        "familiarity_EE_IE": QUICK
        | {
            "protocol": {"training_time": 0.6, "break_time": 0.1, "test_time": 0.3},
            "generalisation": {"trials": 1, "conditions": {"stability": {"base": "stability_IE"}, "familiarity": {}}},
        },
    },
}


def slow(*case):
    """A case for `pytest -m slow`."""
    return pytest.param(*case, marks=pytest.mark.slow)


def due(output):
    """Names of the rules that a dry run would run jobs of."""
    return set(re.findall(r"^(\w+) +\d+$", output, re.MULTILINE)) - {"all", "total"}


def test_every_figure_and_every_file_with_its_contract(done):
    for name in STUDIES["stability_IE"].figures:
        for form in ("pdf", "svg", "png"):
            path = done.path / STUDY / "figures" / f"{name}.{form}"
            assert embedded(path)["figure"] == name
        assert differing_pixels(done.path, Drawn("stability_IE", name, "png")) == 0
    kinds = set()
    for path in (done.path / STUDY).rglob("*.nc"):
        kind = {"activity": "spiking_activity", "search": "search", "rules": "rules", "fitness": "fitness"}.get(
            path.relative_to(done.path / STUDY).parts[0], "degeneracy"
        )
        dataset = datasets.read(path, CONTRACTS[kind])
        assert dataset.attrs["study"] == "stability_IE"
        assert "Preview" in dataset.attrs["comment"]
        assert str(done.path) not in str(dataset.attrs)
        kinds.add(kind)
    assert kinds == {"spiking_activity", "search", "rules", "fitness", "degeneracy"}


@pytest.mark.slow
def test_a_rate_study_goes_the_same_way(tmp_path):
    """Every figure; searches, known rules and conditions in their files; and they say that nothing was shrunk."""
    folder = Folder(tmp_path / "rate", RATE)
    folder.snakemake()
    results = folder.path / "results" / "pca_network"
    for name in STUDIES["pca_network"].figures:
        path = results / "figures" / f"{name}.png"
        assert embedded(path)["figure"] == name
        assert differing_pixels(folder.path, Drawn("pca_network", name, "png")) == 0
    learned = datasets.read(results / "rules" / "learned.nc", RULES)
    assert set(learned["search_of_rule"].values) == {"gradient", "unpenalised"}
    tested = datasets.read(results / "analysis" / "generalisation.nc", GENERALISATION)
    assert set(tested["rule"].values) == {"gradient_0", "unpenalised_0", "oja_anti_hebbian"}
    assert tested.attrs["scale"] == "published"
    assert "comment" not in tested.attrs
    assert "curvature" in datasets.read(results / "analysis" / "degeneracy.nc", DEGENERACY)


TABLE = """name, IE.tau_pre [s], IE.tau_post [s], IE.alpha, IE.beta, IE.gamma, IE.kappa, input_rate
a, 0.02, 0.02, -1.4, 0.015, 0.72, 1.08, 2
b, 0.05, 0.02, -1.0, 0, 1, 1, 2
c, 0.02, 0.03, -0.5, 0.1, 0.7, 1, 3
"""


@pytest.mark.slow
def test_rules_of_a_table_of_text_go_from_parameters_to_fitness_and_a_figure(tmp_path):
    study = TINY["studies"]["stability_IE"] | {
        "rule_sets": {"mine": {"table": "rules.csv"}},
        "generalisation": {"conditions": {"stability": {}}},
    }
    folder = Folder(tmp_path / "table", {"scale": "preview", "studies": {"stability_IE": study}})
    (folder.path / "rules.csv").write_text(TABLE)
    figure = f"{STUDY}/figures/evaluations.png"
    folder.snakemake(figure)
    fitness = datasets.read(folder.path / STUDY / "fitness" / "mine" / "evaluation.nc", FITNESS_CONTRACT)
    assert list(fitness["rule"].values) == ["a", "b", "c"]
    assert "given" in {way["stage"] for way in embedded(folder.path / figure)["made_by"]}


@pytest.mark.slow
def test_figures_across_studies(tmp_path):
    """All are asked for where there is something to compare; rules are tested on the other study's task."""
    folder = Folder(tmp_path / "several", SEVERAL)
    asked = folder.snakemake("-n")
    studies = project.load(SEVERAL).studies.values()
    comparable = [name for name, comparison in COMPARISONS.items() if comparison.studies(studies)]
    assert len(comparable) == 4
    assert all((f"results/comparison/{name}.png" in asked) == (name in comparable) for name in COMPARISONS)
    drawn = [Compared(name, "png") for name in ("learning_curves_of_types", "cross_task_matrix")]
    folder.snakemake(*(one.path for one in drawn))
    assert all(differing_pixels(folder.path, one) == 0 for one in drawn)
    file = "results/familiarity_EE_IE/analysis/generalisation.nc"
    tested = datasets.read(folder.path / file, GENERALISATION)
    assert dict(zip(tested["condition"].values, tested["task"].values, strict=True)) == {
        "stability": "stability",
        "familiarity": "familiarity",
    }
    assert set(tested["origin"].values) == {"start", "learned"}
    # The settings of a condition's base count for what is simulated in that condition, and for that alone.
    changed = yaml.safe_load(yaml.safe_dump(SEVERAL))
    changed["studies"]["stability_IE"]["protocol"]["scoring_time"] = 0.5
    folder.configure(changed)
    output = folder.snakemake("-n", file)
    assert due(output) == {"simulate", "score", "analyse"}
    assert "activity/tested/stability/0.nc" in output
    assert "activity/tested/familiarity/0.nc" not in output


def test_a_fresh_clone_with_copied_results_has_nothing_to_do(done, tmp_path):
    """Elsewhere, with files of any time and newer scripts, without the profile; with the package beside the workflow or
    not."""
    clone = Folder(tmp_path / "elsewhere" / "clone", TINY)
    for part in ("results", ".snakemake"):
        shutil.copytree(done.path / part, clone.path / part)
    draw = random.Random(1)
    for file in (clone.path / "results").rglob("*.*"):
        os.utime(file, (time.time() - draw.uniform(100, 1000),) * 2)
    for script in (clone.path / "workflow" / "scripts").iterdir():
        script.touch()
    assert "Nothing to be done" in clone.snakemake("-n", "--workflow-profile", "none")
    shutil.move(clone.path / "synapseek_core", tmp_path / "elsewhere" / "synapseek_core")
    outside = {"PYTHONPATH": str(tmp_path / "elsewhere")}
    assert "Nothing to be done" in clone.snakemake("-n", environment=outside)


@pytest.mark.slow
def test_rules_of_a_shipped_file_stay_beside_a_fresh_clone(tmp_path):
    """Though the file lies elsewhere."""
    run = "results/published_table/stability_IE/rules/2212091405_bg_TIF_IE_6pPol.nc"
    folder, clone = Folder(tmp_path / "folder"), Folder(tmp_path / "clone")
    folder.snakemake(run)
    for part in ("results", ".snakemake"):
        shutil.copytree(folder.path / part, clone.path / part)
    assert "Nothing to be done" in clone.snakemake("-n", run)


def test_large_copied_results_count_by_their_content_too():
    """Snakemake's own limit is 1 MB."""
    for profile in ("default", "slurm"):
        settings = yaml.safe_load((ROOT / "workflow" / "profiles" / profile / "config.yaml").read_text())
        assert settings["max-checksum-file-size"] >= 1e9


def test_folders_with_spaces_braces_and_quotes(tmp_path):
    """Of the project, of Python and of a table of rules."""
    config = yaml.safe_load(yaml.safe_dump(TINY))
    config["studies"]["stability_IE"]["rule_sets"] = {"mine": {"table": "my {rules}.csv"}}
    folder = Folder(tmp_path / "My {study} & 'so' $HOME", config)
    names = STUDIES["stability_IE"].settings.rule_space.names
    (folder.path / "my {rules}.csv").write_text(",".join(names) + "\n" + ",".join(["0.02"] * len(names)) + "\n")
    venv.create(folder.path / ".venv", symlinks=True)
    (packages,) = (folder.path / ".venv").glob("lib/python*/site-packages")
    (packages / "those_of_the_tests.pth").write_text(sysconfig.get_path("purelib"))
    folder.snakemake(f"{STUDY}/rules/mine.nc", python=folder.path / ".venv" / "bin" / "python")
    assert datasets.read(folder.path / STUDY / "rules" / "mine.nc", RULES).sizes["rule"] == 1


IMPORTING = """
configfile: "settings.yaml"

module synapseek:
    snakefile: "synapseek/workflow/Snakefile"
    config: config["plasticity"]
    prefix: "mine"

use rule * from synapseek as syn_*
"""


@pytest.mark.slow
def test_another_workflow_takes_this_one_as_a_module(done, tmp_path):
    """With a section of its own configuration, other names of rules and another folder of results."""
    imported = Folder(tmp_path / "synapseek")
    (tmp_path / "Snakefile").write_text(IMPORTING)
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"studies": "others", "plasticity": TINY}))
    importing = Folder.at(tmp_path)
    importing.snakemake(f"mine/{FITNESS}", environment={"PYTHONPATH": str(imported.path)})
    assert (tmp_path / "mine" / FITNESS).read_bytes() == (done.path / FITNESS).read_bytes()


def test_running_again_does_nothing(done):
    assert "Nothing to be done" in done.snakemake("-n")


@pytest.mark.parametrize(
    ("file", "target", "reruns"),
    [
        ("engine/numba/kernel/lazy.py", FITNESS, {"simulate", "score"}),
        ("tasks/recurrent/stability/score.py", FITNESS, {"score"}),
        # Further pairs: tests/test_digest.py, which asks for the digests themselves.
        slow("engine/numba/kernel/lazy.py", f"{STUDY}/search/cma_es/0/1.nc", {"search"}),
        slow("tasks/recurrent/stability/score.py", f"{STUDY}/search/cma_es/0/1.nc", {"search"}),
        slow("figures/activity.py", "all", {"draw"}),
    ],
)
def test_a_comment_in_the_code_reruns_what_depends_on_it(done, file, target, reruns):
    """And nothing else. A job whose inputs are made again is run again too."""
    source = done.path / "synapseek_core" / file
    before = source.read_text()
    source.write_text(before + "# a comment\n")
    output = done.snakemake("-n", target)
    source.write_text(before)
    assert due(output) == reruns


OTHERS = (
    "tasks/recurrent/familiarity/score.py",
    "tasks/linear/simulate.py",
    "plasticity/triplet.py",
    "neurons/cvaif.py",
    "measures/rates.py",
    "search/gradient.py",
    "figures/calibration.py",
)
"""Files of another task, rule family, neuron, metric, search method and figure."""


def test_a_comment_in_other_code_and_another_figure_make_nothing_due(done):
    sources = [done.path / "synapseek_core" / file for file in OTHERS]
    another = sources[-1].with_name("another.py")
    before = [source.read_text() for source in sources]
    for source, text in zip(sources, before, strict=True):
        source.write_text(text + "# a comment\n")
    shutil.copy(another.with_name("activity.py"), another)
    output = done.snakemake("-n")
    another.unlink()
    for source, text in zip(sources, before, strict=True):
        source.write_text(text)
    assert "Nothing to be done" in output


def test_another_target_of_the_loss_scores_again_and_simulates_nothing(done):
    """A search minimises the loss: it begins again."""
    config = yaml.safe_load(yaml.safe_dump(TINY))
    config["studies"]["stability_IE"]["protocol"]["target_rate"] = 12.0
    done.configure(config)
    output = done.snakemake("-n")
    done.configure(TINY)
    assert all(f"loss of the {rules} rules" in output for rules in ("prior", "published"))
    assert not any(f"networks under the {rules} rules" in output for rules in ("prior", "published"))
    assert "cma_es, restart 0, chunk 0" in output
    assert "networks under the learned rules" in output


def test_one_setting_of_the_command_line_changes_nothing_else(done):
    """Neither what config.yaml says, nor what a file says that stands in its place."""
    setting = ("--config", "studies={stability_IE: {protocol: {target_rate: 12}}}")
    assert due(done.snakemake("-n", FITNESS, *setting)) == {"score"}
    (done.path / "other.yaml").write_text(yaml.safe_dump(TINY))
    (done.path / "config.yaml").write_text("studies: {oja: }\n")
    output = done.snakemake("-n", FITNESS, "--configfile", "other.yaml", *setting)
    done.configure(TINY)
    assert due(output) == {"score"}


def test_more_generations_keep_the_chunks_that_are_done(done):
    config = yaml.safe_load(yaml.safe_dump(TINY))
    config["studies"]["stability_IE"]["search"]["cma_es"]["generations"] = 6
    done.configure(config)
    output = done.snakemake("-n", f"{STUDY}/search/cma_es/0/2.nc")
    done.configure(TINY)
    assert due(output) == {"search"}
    assert re.search(r"^search +1$", output, re.MULTILINE)


@pytest.mark.slow
def test_results_are_accepted_after_a_harmless_change(done, tmp_path):
    """As they are, and of those that are not there yet none."""
    folder = done.copy(tmp_path / "project")
    figure = folder.path / STUDY / "figures" / "degeneracy.png"
    figure.unlink()
    before = folder.digests("nc", "png", "svg", "pdf")
    with open(folder.path / "synapseek_core" / "rule_sets" / "rule_set.py", "a") as source:
        source.write("# a comment\n")
    folder.snakemake("--touch")
    assert due(folder.snakemake("-n")) == {"draw"}
    assert folder.digests("nc", "png", "svg", "pdf") == before


def test_activity_may_be_deleted_and_comes_back_when_it_is_needed(done, tmp_path):
    folder = done.copy(tmp_path / "project")
    folder.snakemake("--delete-temp-output")
    assert not list((folder.path / STUDY / "activity").rglob("*.nc"))
    assert "Nothing to be done" in folder.snakemake("-n")
    with open(folder.path / "synapseek_core" / "engine" / "numba" / "kernel" / "lazy.py", "a") as source:
        source.write("# a comment\n")
    assert due(folder.snakemake("-n", FITNESS)) == {"simulate", "score"}


def test_report_holds_every_figure_and_caption(done):
    done.snakemake("--report", "report.html")
    report = (done.path / "report.html").read_text()
    figures = STUDIES["stability_IE"].figures
    for name in figures:
        assert f"{name}.png" in report
    assert report.count("data:image/png") >= len(figures)
    assert report.count("Study: stability_IE. Scale: preview.") >= len(figures)


def test_study_without_a_search_is_planned(tmp_path):
    rounds = {"round_1": {"samples": 5}, "round_2": {"samples": 0}, "round_3": {"samples": 0}}
    study = {"prior": {"samples": 7}, "inference": {"rounds": rounds}, "examples": {"rules": 2}}
    config = {"scale": "preview", "studies": {"families_polynomial": study}}
    plan = Folder(tmp_path / "project", config).snakemake("plan")
    stages = {line.split()[1]: line.split()[3] for line in plan.splitlines() if line.startswith("families_polynomial")}
    # Seven rules of the prior, five of the round, the two best again; these for long and with each type frozen.
    networks = {"simulate": str(7 + 5 + 2 + 2 * (1 + 4))}
    assert stages == dict.fromkeys(("sample", "score", "infer", "analyse", "draw"), "0") | networks


def test_unknown_key_stops_before_anything_runs(done):
    config = yaml.safe_load(yaml.safe_dump(TINY))
    config["studies"]["stability_IE"]["network"]["excitatry"] = 3
    done.configure(config)
    output = done.snakemake("-n", code=1)
    done.configure(TINY)
    line = "config.yaml: studies.stability_IE.network.excitatry: unknown key; did you mean 'excitatory'?"
    assert line in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"studies: {stability_IE: {seed: 1}} # caf\xe9\n", "save it as UTF-8"),
        (b"- stability_IE\n", "with keys at top level"),
        (b"studies: [\n", "not valid JSON or YAML"),
    ],
)
def test_what_is_no_configuration_is_one_clear_line(done, content, words):
    (done.path / "config.yaml").write_bytes(content)
    output = done.snakemake(code=1)
    done.configure(TINY)
    assert words in output
    assert "Traceback" not in output


@pytest.mark.parametrize("arguments", [(), ("--configfile", "twice.yaml")])
def test_two_keys_of_one_name_are_refused(done, arguments):
    (done.path / (arguments[-1] if arguments else "config.yaml")).write_text(
        "scale: preview\nstudies:\n  oja:\n  stability_IE: {seed: 1}\n  oja: {seed: 2}\n"
    )
    output = done.snakemake("-n", *arguments, code=1)
    done.configure(TINY)
    assert re.search(r"(config|twice)\.yaml: the key oja stands in lines 3 and 5; keep one of them", output)
    assert "Traceback" not in output


def test_two_keys_of_one_name_on_the_command_line_are_refused(done):
    output = done.snakemake("-n", "--config", "studies={stability_IE: {seed: 1, seed: 2}}", code=1)
    assert "--config: the key seed stands in lines 1 and 1" in output


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:2000]), "not a readable NetCDF file"),
        (
            lambda path: shutil.copy(path.parents[1] / "fitness" / "prior" / "evaluation.nc", path),
            "a rules file is needed",
        ),
    ],
)
def test_damaged_result_is_one_clear_line(done, damage, words, tmp_path):
    folder = done.copy(tmp_path / "project")
    damage(folder.path / STUDY / "rules" / "prior.nc")
    output = folder.snakemake(f"{STUDY}/activity/prior/evaluation/0.nc", code=1)
    assert words in output
    assert "Traceback" not in output
