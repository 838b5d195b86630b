"""After every fault the files are those of an undisturbed run, or a line says what to do and doing it leads there.

A quick choice here; `-m slow` has all faults, `benchmarks/faults.py` repeats them.
"""

from random import Random

import faults
import pytest


@pytest.fixture
def folder(done, tmp_path):
    return done.copy(tmp_path / "project")


@pytest.fixture
def mounts(tmp_path):
    if not faults.can_mount(tmp_path / "mount"):
        pytest.skip("file systems cannot be mounted here: needs root")


QUICK_KILLS = {("simulate", False)}
KILLS = [(stage, whole) for stage in faults.STAGES for whole in (False, True)]


@pytest.mark.parametrize(
    ("stage", "whole"),
    [pytest.param(*kill, marks=[] if kill in QUICK_KILLS else pytest.mark.slow) for kill in KILLS],
)
def test_sigkill(folder, done, stage, whole):
    faults.killed(folder, done, Random(1), stage, whole)


@pytest.mark.parametrize(
    "damage",
    [pytest.param(d, marks=pytest.mark.slow) for d in (faults.foreign, faults.truncated, faults.corrupted)],
)
def test_file_in_place_of_a_result(folder, done, damage):
    assert faults.damaged(folder, done, Random(2), damage) == "refused"


@pytest.mark.slow
def test_two_runs_at_once(folder, done):
    assert faults.two_runs_at_once(folder, done, Random(3)) == "refused"


def test_full_disk(folder, done, mounts):
    assert faults.full_disk(folder, done, Random(4)) == "refused"


@pytest.mark.slow
def test_read_only_results(folder, done, mounts):
    assert faults.read_only_results(folder, done, Random(5)) == "refused"


@pytest.mark.slow
@pytest.mark.parametrize("fault", [faults.limited_files, faults.clock_skew, faults.changed_configuration])
def test_other_fault(folder, done, fault):
    fault(folder, done, Random(6))
