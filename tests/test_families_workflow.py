"""Rounds of inference through Snakemake at a tiny size; a round that is extended redoes nothing."""

import copy
import re

import pytest
from redrawn import differing_pixels
from test_families_rounds import SMALL
from tiny_workflow import Folder

from synapseek_core.files import datasets
from synapseek_core.files.contracts.inference import FAMILIES, POSTERIOR
from synapseek_core.files.contracts.rules import RULES
from synapseek_core.pipeline.results import Drawn
from synapseek_core.studies.registry import STUDIES

# A whole workflow of its own, minutes on two cores.
pytestmark = pytest.mark.slow

RESULTS = "results/families_polynomial"
FIGURE = f"{RESULTS}/figures/plausibility.png"
FOUND = (f"{RESULTS}/analysis/families.nc", f"{RESULTS}/analysis/challenges.nc", FIGURE)
TINY = {"scale": "preview", "studies": {"families_polynomial": SMALL}}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("families") / "done", TINY)
    folder.snakemake(*FOUND)
    return folder


def test_what_was_found_and_its_figures(done):
    assert differing_pixels(done.path, Drawn("families_polynomial", "plausibility", "png")) == 0
    asked = done.snakemake("-n")
    others = {f"{RESULTS}/figures/{name}.png" for name in STUDIES["families_polynomial"].figures} - {FIGURE}
    assert others
    assert all(name in asked for name in others)
    found = datasets.read(done.path / RESULTS / "analysis" / "families.nc", FAMILIES)
    assert found.sizes["rule"] == 40 + 12 + 6 + 3
    datasets.read(done.path / RESULTS / "posterior" / "round_2.nc", POSTERIOR)
    assert not list(done.path.rglob("*.unfinished"))
    assert "Nothing to be done" in done.snakemake(*FOUND)


def test_an_extended_round_simulates_the_new_rules_alone(done):
    more = copy.deepcopy(TINY)
    more["studies"]["families_polynomial"]["inference"]["rounds"]["further"] = {"extends": "round_2", "samples": 4}
    before = done.digests()
    done.configure(more)
    output = done.snakemake(*FOUND[:2])
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE))
    assert {name: jobs.get(name) for name in ("sample", "simulate", "score", "analyse")} == dict.fromkeys(
        ("sample", "simulate", "score", "analyse"), "1"
    )
    assert "infer" not in jobs
    after = done.digests()
    assert {name for name in after if after[name] != before.get(name)} == {
        f"{RESULTS}/{name}.nc"
        for name in (
            "rules/further",
            "activity/further/evaluation/0",
            "fitness/further/evaluation",
            "analysis/families",
        )
    }
    drawn = datasets.read(done.path / RESULTS / "rules" / "further.nc", RULES)
    assert drawn.sizes["rule"] == 4
