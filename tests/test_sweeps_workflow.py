"""Sweeps of a population through Snakemake at a tiny size: extended, sharded, killed and gone on with."""

import copy
import re
import time

import pytest
from test_sweeps import SWEEPS, changes
from tiny_workflow import Folder

from synapseek_core.files import datasets
from synapseek_core.files.contracts.inference import LEVELS, POPULATION

# A whole workflow of its own, minutes on two cores.
pytestmark = pytest.mark.slow

RESULTS = "results/families_polynomial"
FOUND = (f"{RESULTS}/analysis/families.nc", f"{RESULTS}/figures/levels.png")
TINY = {"scale": "preview", "studies": {"families_polynomial": changes()}}


def with_settings(**own):
    config = copy.deepcopy(TINY)
    config["studies"]["families_polynomial"] = changes(**own)
    return config


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("sweeps") / "done", TINY)
    folder.snakemake(*FOUND)
    return folder


def test_population_and_its_figure(done):
    assert (done.path / FOUND[1]).stat().st_size > 5000
    end = datasets.read(done.path / RESULTS / "population" / "plausible" / f"{SWEEPS}.nc", POPULATION)
    levels = datasets.read(done.path / RESULTS / "analysis" / "levels.nc", LEVELS)
    assert levels["simulated"].values[0].sum() == end["simulated"].values.sum()
    assert "Nothing to be done" in done.snakemake(*FOUND)


def test_more_sweeps_simulate_the_new_moves_alone(done, tmp_path):
    folder = done.copy(tmp_path / "more")
    before = folder.digests()
    folder.configure(with_settings(sweeps=SWEEPS + 1))
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", folder.snakemake(*FOUND), re.MULTILINE))
    assert {jobs.get(name) for name in ("sample", "simulate", "score", "move")} == {"1"}
    after, new = folder.digests(), f"plausible_{SWEEPS + 1}"
    changed = {name for name in after if after[name] != before.get(name)}
    made = (f"rules/{new}", f"activity/{new}/evaluation/0", f"fitness/{new}/evaluation")
    expected = {*made, f"population/plausible/{SWEEPS + 1}", "analysis/families", "analysis/levels"}
    assert changed == {f"{RESULTS}/{name}.nc" for name in expected}


def test_small_batches_and_a_kill_change_no_bit(done, tmp_path):
    """Three rules a job, and Snakemake killed with its jobs once the first population is there."""
    config = with_settings()
    config["studies"]["families_polynomial"]["evaluation"] = {"batch_size": 3}
    folder = Folder(tmp_path / "killed", config)
    asked = f"{RESULTS}/population/plausible/2.nc"
    process = folder.start(asked)
    first = folder.path / RESULTS / "population" / "plausible" / "0.nc"
    while not first.exists() and process.poll() is None:
        time.sleep(0.1)
    process.kill()
    process.wait()
    folder.snakemake("--unlock")
    folder.snakemake(asked)
    whole, again = done.digests(), folder.digests()
    again = {name: digest for name, digest in again.items() if "/activity/" not in name}
    assert f"{RESULTS}/fitness/plausible_2/evaluation.nc" in again
    assert again == {name: whole[name] for name in again}
