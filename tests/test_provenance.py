"""The code digest: sensitive to every file that a script reaches, and to no other."""

import shutil

import pytest

from synapseek_core.files import provenance


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the package that may be edited."""
    target = tmp_path / "synapseek_core"
    shutil.copytree(provenance.PACKAGE, target, ignore=shutil.ignore_patterns("data", "__pycache__"))
    monkeypatch.setattr(provenance, "PACKAGE", target)
    script = tmp_path / "script.py"
    script.write_text("from synapseek_core.engine.simulation import simulate\n")
    return target, script


def digest(script):
    provenance._imported.cache_clear()
    return provenance.code_digest(script)


@pytest.mark.parametrize("name", ["engine/numba/kernel/lazy.py", "engine/numba/backend.py", "plasticity/pair.py"])
def test_a_comment_in_reached_code_changes_the_digest(copy, name):
    package, script = copy
    before = digest(script)
    with open(package / name, "a") as stream:
        stream.write("# a comment\n")
    assert digest(script) != before


def test_code_that_is_not_reached_does_not_change_the_digest(copy):
    package, script = copy
    before = digest(script)
    with open(package / "figures" / "activity.py", "a") as stream:
        stream.write("# a comment\n")
    assert digest(script) == before


def test_attributes_have_no_time_and_no_path():
    inputs = ["results/a.nc", str(provenance.PACKAGE / "data" / "b.nc")]
    attributes = provenance.provenance("study", "stage", inputs, {"a": 1}, "preview", "abc", "someone")
    assert attributes["history"] == "stage of study, from results/a.nc, synapseek_core/data/b.nc"
    assert "Preview" in attributes["comment"]
    assert "numba" in attributes["source"]
    assert not any(str(provenance.PACKAGE.parent) in str(value) for value in attributes.values())
