"""The target `published_table` at a tiny size: every shipped run and three of a folder, with our search beside."""

import copy

import numpy as np
import pytest
from redrawn import differing_pixels
from test_published_table import FALLING, run
from test_workflow import RATE, TINY, Folder, due

from synapseek_core.files import datasets
from synapseek_core.files.contracts.published import PUBLISHED_RUN, PUBLISHED_TABLE
from synapseek_core.pipeline.results import PublishedFigure
from synapseek_core.studies.registry import STUDIES

# A whole workflow of its own, minutes on two cores.
pytestmark = pytest.mark.slow

NETWORK = {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5}
PROTOCOLS = {
    "stability": {"training_time": 0.3, "scoring_time": 0.2},
    "familiarity": {"training_time": 0.3, "break_time": 0.1, "test_time": 0.2},
}
SMALL = {
    name: {"network": NETWORK, "protocol": PROTOCOLS[study.task.name]}
    for name, study in STUDIES.items()
    if study.task.name in PROTOCOLS
}
RESULTS = "results/published_table"


def configuration():
    config = copy.deepcopy(TINY)
    config["studies"]["stability_IE"]["search"]["cma_es"] |= {"generations": 2, "restarts": 1}
    config["published_table"] = {"trials": 2, "folder": "runs", "changes": SMALL}
    return config


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished tiny table."""
    folder = Folder(tmp_path_factory.mktemp("table") / "project", configuration())
    further = run(FALLING)
    datasets.write(further, PUBLISHED_RUN, folder.path / "runs" / "mine.nc", further.attrs)
    other = run(FALLING, neuron_model="unknown")
    datasets.write(other, PUBLISHED_RUN, folder.path / "runs" / "other.nc", other.attrs)
    names = STUDIES["stability_IE_polynomial"].settings.rule_space.coordinate_names
    polynomial = run(FALLING, np.zeros(len(names)), names, neuron_model="CVAIF")
    datasets.write(polynomial, PUBLISHED_RUN, folder.path / "runs" / "polynomial.nc", polynomial.attrs)
    folder.snakemake("published_table")
    return folder


@pytest.fixture(scope="module")
def table(done):
    return datasets.read(done.path / RESULTS / "table.nc", PUBLISHED_TABLE)


def test_every_run_is_a_row(done, table):
    assert table.sizes["run"] == 9
    assert table["study"].sel(run="mine").item() == "stability_IE"
    with_study = table.isel(run=table["study"].values != "")
    assert with_study.sizes["run"] == 8
    assert "stability_IE_mlp" in with_study["study"].values
    assert with_study["study"].sel(run="polynomial").item() == "stability_IE_polynomial"
    assert np.isfinite(with_study["loss_of_trial"]).all()
    assert (with_study["interval_low"] <= with_study["interval_high"]).all()
    assert "network.excitatory = 80" in table["note"].sel(run="mine").item()
    assert "no study of stability" in table["note"].sel(run="other").item()
    assert (table.attrs["study"], table.attrs["scale"]) == ("published_table", "published")
    assert str(done.path) not in str(table.attrs)


def test_own_search_stands_beside_the_run_that_it_starts_like(table):
    assert table["run_of_search"].values.tolist() == ["2212091405_bg_TIF_IE_6pPol"]
    assert table["own_search"].values.tolist() == ["stability_IE/cma_es/0"]
    assert table["scale_of_search"].values.tolist() == ["preview"]
    assert table["search_loss"].count() == 2


def test_page_and_figure(done):
    page = (done.path / RESULTS / "table.html").read_text()
    assert page.count("<tr>") == 10
    assert "stability_IE/cma_es/0, preview scale: not in 2 generations" in page
    assert 'src="data:image/png;base64,iVBOR' in page
    assert "http" not in page
    assert len((done.path / RESULTS / "table.csv").read_text().splitlines()) == 10
    assert differing_pixels(done.path, PublishedFigure("png")) == 0


def test_running_again_does_nothing_until_the_settings_change(done):
    assert "Nothing to be done" in done.snakemake("-n", "published_table")
    config = configuration()
    config["published_table"]["trials"] = 3
    done.configure(config)
    output = done.snakemake("-n", "published_table")
    done.configure(configuration())
    assert due(output) >= {"simulate", "score", "tabulate"}
    assert "search" not in due(output)
    assert f"{RESULTS}/stability_IE/activity/mine/evaluation/0.nc" in output


def test_studies_that_no_run_belongs_to_need_no_search(tmp_path):
    folder = Folder(tmp_path / "rate", RATE)
    output = folder.snakemake("-n", "published_table")
    assert "search" not in due(output)
    assert "tabulate" in due(output)
    assert RESULTS not in folder.snakemake("-n")


def test_missing_folder_is_one_clear_line(done):
    config = configuration()
    config["published_table"]["folder"] = "nowhere"
    done.configure(config)
    output = done.snakemake("-n", code=1)
    done.configure(configuration())
    assert "published_table.folder = 'nowhere': there is no such folder" in output
    assert "Traceback" not in output
