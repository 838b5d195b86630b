"""The published table on made runs with known answers: intervals, rows without a study, our own searches."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from synapseek_core.errors import ConfigurationError, DatasetError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.published import PUBLISHED_RUN, PUBLISHED_TABLE
from synapseek_core.files.published_runs import (
    published_run,
    published_run_files,
    read_published_run,
    write_published_run,
)
from synapseek_core.pipeline.graph import Graph
from synapseek_core.pipeline.results import PublishedTable, fitness_of, rules_of
from synapseek_core.pipeline.run import Run
from synapseek_core.pipeline.stages.tabulate import Tabulate
from synapseek_core.published.page import csv_text, page
from synapseek_core.published.rules import search_from_start, study_of
from synapseek_core.published.table import bootstrap_interval, published_table, searches_of
from synapseek_core.runtime import Compute
from synapseek_core.search.history import label
from synapseek_core.studies import project

STUDIES = {"stability_IE": project.load_study("stability_IE", "published")}
COORDINATES = STUDIES["stability_IE"].settings.rule_space.coordinate_names
RUN = "2212091405_bg_TIF_IE_6pPol"
START = [np.log(0.01), np.log(0.01), 0, 0, 0, 0]


def run(losses, mean=START, names=COORDINATES, **attributes):
    """A published search whose mean never moves."""
    names = list(names[: len(mean)])
    count = len(losses)
    return xr.Dataset(
        {
            "distribution_mean": (("generation_boundary", "coordinate"), np.tile(mean, (count + 1, 1))),
            "loss_of_mean": ("generation", np.array(losses, np.float32)),
            "covariance_shape": (
                ("generation", "coordinate", "coordinate_other"),
                np.tile(np.eye(len(mean)), (count, 1, 1)),
            ),
        },
        coords={"coordinate": names, "coordinate_other": names},
        attrs={"task": "stability", "synapse_types": "IE", "neuron_model": "TIF"} | attributes,
    )


def fitness(losses, status=0):
    """Of the first rule, whose losses are ten times those of the final one, and of the final rule."""
    losses = np.array([10 * np.array(losses), losses], np.float32)
    return xr.Dataset(
        {
            "loss": ("rule", losses.mean(axis=1)),
            "loss_of_trial": (("rule", "trial"), losses),
            "status": (("rule", "trial"), np.full(losses.shape, status, np.int8)),
        },
        coords={"rule": ["start", "final"], "trial": np.arange(losses.shape[1], dtype=np.int32)},
    )


def search(losses, scale="preview", restart=0):
    history = xr.Dataset(
        {"loss_of_mean": (("generation", "distribution"), np.array(losses, np.float32)[:, None])},
        coords={"generation": np.arange(len(losses), dtype=np.int32)},
        attrs={"study": "stability_IE", "scale": scale},
    )
    return label(history, "cma_es", restart)


def table(runs, losses=None, searches=None, changes=None):
    study = STUDIES["stability_IE"]
    scored = {name: fitness(loss) for name, loss in (losses or {}).items()}
    names = dict.fromkeys(scored, study.name)
    return published_table(runs, dict.fromkeys(scored, study), names, scored, searches or {}, changes or {})


FALLING = [100.0] * 5 + [1.0] * 5 + [2.0] * 20


@pytest.mark.parametrize(("ours", "holds"), [([1.0, 2.0, 3.0, 2.5], 1), ([5.0, 6.0, 7.0, 5.5], 0)])
def test_interval_holds_the_published_median_or_not(ours, holds):
    row = table({"a": run(FALLING)}, {"a": ours}).sel(run="a")
    assert float(row["published_median"]) == 2.0
    assert float(row["loss"]) == pytest.approx(np.mean(ours))
    assert min(ours) <= float(row["interval_low"]) < float(row["loss"]) < float(row["interval_high"]) <= max(ours)
    assert int(row["holds"]) == holds


def test_first_rule_stands_beside_the_published_one():
    row = table({"a": run(FALLING)}, {"a": [1.0, 2.0, 3.0, 2.5]}).sel(run="a")
    assert float(row["published_start"]) == 100.0
    assert float(row["start_loss"]) == pytest.approx(21.25)
    assert 10 <= float(row["start_low"]) < 21.25 < float(row["start_high"]) <= 30


def test_only_the_last_generations_count():
    row = table({"a": run([50.0] * 80 + [1.0] * 19 + [9.0])}, {"a": [1.0, 2.0]}).sel(run="a")
    summary = [float(row[f"published_{name}"]) for name in ("lowest", "median", "highest", "reached")]
    assert summary == [1.0, 1.0, 9.0, 80.0]


def test_interval_covers_the_mean_as_often_as_it_says():
    random = np.random.default_rng(0)
    covered = []
    for _ in range(200):
        low, high = bootstrap_interval(random.normal(3.0, 1.0, 30), random)
        covered.append(low <= 3.0 <= high)
    assert 0.88 <= np.mean(covered) <= 0.99


def test_rule_that_fails_alike_in_every_trial_has_a_point_as_interval():
    assert bootstrap_interval(np.full(10, 320.0), np.random.default_rng(0)) == (320.0, 320.0)


def test_same_losses_give_the_same_interval():
    again = [table({"a": run(FALLING)}, {"a": [1.0, 2.0, 4.0]}) for _ in range(2)]
    xr.testing.assert_identical(*again)


def test_run_without_study_is_a_row_of_words(tmp_path):
    both = table({"a": run(FALLING), "b": run([5.0] * 40, neuron_model="CVAIF")}, {"a": [1.0, 2.0, 4.0]})
    row = both.sel(run="b")
    assert str(row["note"].values) == "no study of stability with CVAIF neurons and this rule of 6 parameters on IE"
    assert int(row["holds"]) == -1
    assert float(row["published_median"]) == 5.0
    assert np.isnan([float(row[name]) for name in ("loss", "interval_low", "interval_high")]).all()
    assert np.isnan(row["loss_of_trial"]).all()
    assert not np.isnan(both["loss_of_trial"].sel(run="a")).any()
    datasets.write(both, PUBLISHED_TABLE, tmp_path / "table.nc", {})
    back = datasets.read(tmp_path / "table.nc", PUBLISHED_TABLE)
    assert list(back["run"].values) == ["a", "b"]
    assert searches_of(back, "a") == []


def test_no_run_with_a_study(tmp_path):
    datasets.write(table({"b": run(FALLING)}), PUBLISHED_TABLE, tmp_path / "table.nc", {})
    assert datasets.read(tmp_path / "table.nc", PUBLISHED_TABLE).sizes["trial"] == 0


def test_own_searches_stand_beside_their_run(tmp_path):
    searches = {"a": [search([9.0, 3.0, 1.5, 4.0]), search([9.0, 8.0] * 30, "published", 1)]}
    both = table({"other_run": run(FALLING), "a": run(FALLING)}, {"a": [1.0, 2.0, 4.0]}, searches)
    datasets.write(both, PUBLISHED_TABLE, tmp_path / "table.nc", {})
    both = datasets.read(tmp_path / "table.nc", PUBLISHED_TABLE)
    assert searches_of(both, "other_run") == []
    reached, not_reached = searches_of(both, "a")
    assert str(reached["own_search"].values) == "stability_IE/cma_es/0"
    assert (str(reached["scale_of_search"].values), int(reached["generations_of_search"])) == ("preview", 4)
    assert float(reached["search_reached"]) == 2.0
    np.testing.assert_array_equal(reached["search_loss"].dropna("generation"), [9.0, 3.0, 1.5, 4.0])
    assert str(not_reached["scale_of_search"].values) == "published"
    assert np.isnan(not_reached["search_reached"])


def test_page_and_text_say_what_was_reached_and_leave_out_what_is_missing():
    searches = {"a": [search([9.0, 3.0, 1.5, 4.0]), search([9.0, 8.0] * 30, "published", 1)]}
    runs = {"a": run(FALLING), "<b>": run(FALLING, task="none")}
    both = table(runs, {"a": [1.0, 2.0, 4.0]}, searches)
    shown = page(both, b"figure", "caption")
    assert "stability_IE/cma_es/0, preview scale: after 2 of 4<br>" in shown
    assert "stability_IE/cma_es/1, published scale: not in 60 generations" in shown
    assert '<td class="yes">yes</td>' in shown
    assert "holds the published median in 1 of\n1 runs that have a study" in shown
    assert "&lt;b&gt;" in shown
    assert "nan" not in shown
    rows = list(csv.DictReader(io.StringIO(csv_text(both))))
    assert [row["published_median"] for row in rows] == ["2", "2"]
    assert [row["loss"] for row in rows] == ["2.33333", ""]


def test_changed_settings_are_named():
    changes = {"stability_IE": {"network": {"excitatory": 80}, "seed": 4}}
    row = table({"a": run(FALLING)}, {"a": [1.0, 2.0]}, changes=changes).sel(run="a")
    assert str(row["note"].values) == "changed: network.excitatory = 80, seed = 4"


@pytest.mark.parametrize(
    "attributes", [{"task": "familiarity"}, {"synapse_types": "EE"}, {"synapse_types": "EE IE"}, {"neuron_model": "IF"}]
)
def test_run_finds_the_study_of_its_task_types_and_neuron(attributes):
    assert study_of(run(FALLING), STUDIES) is STUDIES["stability_IE"]
    assert study_of(run(FALLING, **attributes), STUDIES) is None


@pytest.fixture(scope="module")
def published():
    return project.load({}).setup().published


@pytest.mark.parametrize("name", published_run_files())
def test_every_shipped_run_finds_the_study_that_names_it(published, name):
    assert published.studies[published.study_of_run[name]].settings.published_run == name


def test_table_depends_on_the_content_of_the_runs(tmp_path):
    """Not only on their final rules."""

    def write(losses):
        changed = run(losses)
        datasets.write(changed, PUBLISHED_RUN, tmp_path / "mine.nc", changed.attrs)

    write(FALLING)
    stage = Tabulate(project.load({"published_table": {"folder": str(tmp_path)}}).setup())
    before = stage.settings(PublishedTable())
    write(FALLING[::-1])
    assert stage.settings(PublishedTable()) != before


def test_run_of_another_rule_finds_no_study():
    assert study_of(run(FALLING, START[:5]), STUDIES) is None


def test_first_search_from_the_published_start():
    start = {"tau_pre": 0.01, "tau_post": 0.01, "alpha": 0.5, "beta": 0.0, "gamma": 0.0, "kappa": 0.0}
    other = {"other": {"method": "cma_es", "start": start}}
    settings = project.load_study("stability_IE", "published", {"search": other}).settings
    assert search_from_start(settings, run(FALLING)) == "cma_es"
    assert search_from_start(settings, run(FALLING, [*START[:2], 0.5, 0, 0, 0])) == "other"
    assert search_from_start(settings, run(FALLING, [*START[:2], 0.7, 0, 0, 0])) is None
    assert search_from_start(settings, run(FALLING, START[:5])) is None


def test_run_may_name_one_of_several_studies_of_its_kind(tmp_path):
    known = {name: project.load_study(name, "published") for name in ("familiarity_IE", "familiarity_IE_2022")}
    of_kind = {"task": "familiarity", "synapse_types": "IE"}
    assert study_of(run(FALLING, **of_kind), known).name == "familiarity_IE"
    path = tmp_path / "older.nc"
    arrays = {"coordinates": COORDINATES, "means": np.tile(START, (4, 1)), "losses": np.ones(3), "references": "none"}
    said = {"task": "familiarity", "synapse_types": ["IE"], "neuron_model": "TIF", "study": "familiarity_IE_2022"}
    write_published_run(path, **arrays, **said)
    assert study_of(read_published_run(path), known).name == "familiarity_IE_2022"


def test_page_shows_runs_of_an_older_protocol_apart():
    both = table({"a": run(FALLING), "b": run(FALLING)}, {"a": [1.0, 2.0, 4.0], "b": [1.0, 2.0, 4.0]})
    assert "older protocol" not in page(both, b"figure", "caption")
    fitted = both["fitted"].where(both["run"] == "a", "network.weight.IE: a loss").astype(object)
    shown = page(both.assign(superseded=("run", [0, 1]), fitted=fitted), b"figure", "caption")
    common, older = shown.split("Runs of an older protocol")
    assert "<small>a</small>" in common
    assert "<small>b</small>" not in common
    assert "<small>b</small>" in older
    assert "Fitted: network.weight.IE: a loss" in older


def test_final_rule_is_scored_in_trials_of_its_own():
    small = {
        "network": {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5},
        "protocol": {"training_time": 0.3, "scoring_time": 0.2},
    }
    scored = []
    for count in (2, 3):
        setup = project.load({"published_table": {"trials": count, "changes": {"stability_IE": small}}}).setup()
        done = Run(setup.published.studies["stability_IE"], Compute("numba", "cpu", 1), Graph(setup))
        scored.append(done[fitness_of(RUN)])
    assert list(scored[1]["rule"].values) == ["start", "final"]
    assert np.isfinite(scored[1]["loss_of_trial"]).all()
    np.testing.assert_array_equal(scored[0]["loss_of_trial"], scored[1]["loss_of_trial"][:, :2])
    ends = published_run(RUN)["distribution_mean"].values[[0, -1]]
    space = done.study.settings.rule_space
    np.testing.assert_allclose(space.to_coordinates(done[rules_of(RUN)]["theta"].values), ends, rtol=1e-6)


def test_further_runs_are_files_in_a_folder(tmp_path):
    datasets.write(run(FALLING), PUBLISHED_RUN, tmp_path / "mine.nc", run(FALLING).attrs)
    files = published_run_files(tmp_path)
    assert list(files) == [*published_run_files(), "mine"]
    assert len(published_run_files()) == 6
    datasets.read(files["mine"], PUBLISHED_RUN)
    (tmp_path / "mine.nc").rename(tmp_path / "2309171319_bg_TIF_EE_6pPol.nc")
    with pytest.raises(ConfigurationError, match="has the name of a run that the package ships"):
        published_run_files(tmp_path)
    with pytest.raises(ConfigurationError, match="there is no such folder"):
        published_run_files(tmp_path / "nowhere")


def test_run_must_say_what_it_is_of(tmp_path):
    with pytest.raises(DatasetError, match="no attribute 'task', 'synapse_types', 'neuron_model', which a"):
        datasets.write(run(FALLING), PUBLISHED_RUN, tmp_path / "mine.nc", {})


PAGE = (Path(__file__).parents[1] / "docs" / "published-runs.md").read_text()


def test_a_published_run_is_made_from_arrays(tmp_path, monkeypatch):
    """The example of its page, which is run as it stands there."""
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"<!-- example -->\n```python\n(.*?)```", PAGE, re.DOTALL)[1], {})
    published = project.load({"published_table": {"folder": "my_runs"}}).setup().published
    assert published.study_of_run["first_try"] == "stability_IE"
    found = read_published_run(published.files["first_try"])
    assert found["loss_of_mean"].values[[0, -1]].tolist() == [10, 1]
    for name in (*PUBLISHED_RUN.variables, *PUBLISHED_RUN.optional, *PUBLISHED_RUN.attributes):
        assert f"`{name}`" in PAGE


ARRAYS = {"coordinates": ["a", "b"], "means": np.zeros((4, 2)), "losses": np.ones(3), "references": "none"}
SAID = {"task": "stability", "synapse_types": ["IE"], "neuron_model": "TIF"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"losses": np.ones(4)}, "4 means of the search distribution and 4 losses; needed: a mean before each"),
        ({"means": np.full((4, 2), np.nan)}, "means of the search distribution are not all finite"),
        ({"coordinates": ["a"]}, "the arrays do not belong together"),
        ({"covariances": np.ones((4, 2, 2))}, "the arrays do not belong together"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(tmp_path, change, words):
    with pytest.raises(DatasetError, match=f"mine.nc: {words}"):
        write_published_run(tmp_path / "mine.nc", **ARRAYS | SAID | change)
    assert not list(tmp_path.iterdir())


def test_a_run_of_the_user_s_is_never_to_be_deleted(tmp_path):
    write_published_run(tmp_path / "mine.nc", **ARRAYS | SAID, covariances=np.ones((3, 2, 2)))
    whole = xr.load_dataset(tmp_path / "mine.nc").drop_attrs(deep=False)
    whole.assign_attrs(kind="published_run", schema_version=1, task="stability").to_netcdf(tmp_path / "mine.nc")
    with pytest.raises(
        DatasetError, match=r"mine.nc: no attribute 'synapse_types', 'neuron_model', .*; correct it"
    ) as error:
        read_published_run(published_run_files(tmp_path)["mine"])
    assert "delete" not in str(error.value)
