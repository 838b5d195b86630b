"""From a figure back to the code, settings, seeds, device and packages that made it."""

import json
import shutil
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest
import xarray as xr

from synapseek_core.errors import DatasetError
from synapseek_core.figures.figure import save
from synapseek_core.files import lineage

RECORD = {"figure": "a (tricky) \\ name", "text": 'quotes " and \u03b1, (brackets', "settings": {"seed": 1}}


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_figure_carries_its_record_and_the_same_bytes(form, tmp_path):
    for name in ("a", "b"):
        save(plt.figure(figsize=(1, 1)), [tmp_path / f"{name}.{form}"], "preview", RECORD)
    assert lineage.embedded(tmp_path / f"a.{form}") == RECORD
    assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_foreign_figure_is_refused(form, tmp_path):
    plt.figure(figsize=(1, 1)).savefig(tmp_path / f"a.{form}")
    with pytest.raises(DatasetError, match="carries no provenance"):
        lineage.embedded(tmp_path / f"a.{form}")


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_one_command_tells_where_a_figure_came_from(done, form, tmp_path):
    """The figure alone, away from the results that it was drawn from."""
    shutil.copy(done.path / f"results/stability_IE/figures/activity.{form}", tmp_path)
    command = [sys.executable, "-m", "synapseek_core.files.lineage", str(tmp_path / f"activity.{form}")]
    record = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert (record["figure"], record["study"], record["scale"]) == ("activity", "stability_IE", "preview")
    assert record["settings"]["seed"] == 1
    assert record["settings"]["network"]["excitatory"] == 80
    stages = {way["stage"]: way for way in record["made_by"]}
    assert set(stages) == {"sample", "search", "simulate", "score"}
    # Both runs of the search, in chunks.
    assert stages["search"]["files"] == {f"results/stability_IE/search/cma_es/{k}": 2 for k in (0, 1)}
    assert stages["search"]["settings"]["search"]["population_size"] == 4
    assert stages["simulate"]["settings"]["trials"] == {"stream": ["evaluation"], "count": 2}
    for stage in ("search", "simulate"):
        assert stages[stage]["device"].startswith(("Numba on", "JAX on"))
    for way in (*record["made_by"], record):
        assert len(way["code_digest"]) == 16
        assert all(f" {package} " in f" {way['source']}" for package in ("numpy", "netCDF4", "Python"))
    assert str(done.path) not in json.dumps(record)


def test_result_tells_where_it_came_from(done):
    record = lineage.trace(done.path / "results/stability_IE/fitness/prior/evaluation.nc")
    assert {way["stage"] for way in record["made_by"]} == {"sample", "simulate", "score"}


def test_what_is_deleted_is_said_to_be(done, tmp_path):
    shutil.copytree(done.path / "results", tmp_path / "results")
    (tmp_path / "results/stability_IE/activity/prior/evaluation/0.nc").unlink()
    record = lineage.trace(tmp_path / "results/stability_IE/fitness/prior/evaluation.nc")
    assert "not there any more" in {way["stage"] for way in record["made_by"]}


def test_a_table_of_text_is_an_end_of_the_trail(tmp_path):
    """Rules from a CSV file, whose content is told by its checksum."""
    (tmp_path / "rules.csv").write_text("IE.alpha\n0.1\n")
    xr.Dataset(attrs={"stage": "sample", "history": "sample, from rules.csv"}).to_netcdf(tmp_path / "rules.nc")
    stages = {way["stage"]: way for way in lineage.lineage(["rules.nc"], tmp_path)["made_by"]}
    assert set(stages) == {"sample", "given"}
    before = stages["given"]["sha256"]
    (tmp_path / "rules.csv").write_text("IE.alpha\n0.2\n")
    (given,) = (way for way in lineage.lineage(["rules.nc"], tmp_path)["made_by"] if way["stage"] == "given")
    assert given["sha256"] != before


@pytest.mark.parametrize(("name", "words"), [("none.png", "no such file"), ("config.yaml", "allowed: a figure")])
def test_other_file_is_one_line(done, name, words):
    with pytest.raises(DatasetError, match=words):
        lineage.trace(done.path / name)
