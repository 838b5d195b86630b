"""The cache of kernels never stops a run: what is damaged is made again, what cannot be kept is used all the same."""

import os
import sys
from itertools import count

import pytest

from synapseek_core.engine.numba import kernel_cache

SOURCE = """
from numba import njit


@njit
def double(x):
    return 2 * x
"""
NAMES = (f"synapseek_kernel_test_{k}" for k in count())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNAPSEEK_CACHE", str(tmp_path))
    return tmp_path / "kernels"


@pytest.fixture
def name():
    return next(NAMES)


def load(name):
    """The compiled function, as a process that begins would have it, and whether it came from the cache."""
    sys.modules.pop(name, None)
    kernel_cache.load(name, SOURCE)
    double = sys.modules[name].double
    assert double(3) == 6
    return sum(double.stats.cache_hits.values()) == 1


def compiled(folder, ending):
    (file,) = (folder / "__pycache__").glob(f"*.{ending}")
    return file


def test_a_kernel_is_compiled_once(folder, name):
    assert not load(name)
    assert load(name)


def test_others_may_read_what_is_kept(folder, name):
    mask = os.umask(0o002)
    try:
        load(name)
    finally:
        os.umask(mask)
    files = [folder / f"{name}.py", compiled(folder, "nbi"), compiled(folder, "nbc")]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o664}


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("keep", [0, 0.5])
def test_compiled_code_that_was_cut_short_is_made_again(folder, name, ending, keep):
    load(name)
    file = compiled(folder, ending)
    content = file.read_bytes()
    file.write_bytes(content[: int(keep * len(content))])
    assert not load(name)
    assert load(name)


@pytest.mark.parametrize("content", ["", SOURCE[: len(SOURCE) // 2], SOURCE.replace("2", "3")])
def test_a_source_that_is_not_whole_is_written_again(folder, name, content):
    load(name)
    (folder / f"{name}.py").write_text(content)
    load(name)
    assert (folder / f"{name}.py").read_text() == SOURCE


def test_byte_code_is_not_read(folder, name):
    """Python writes it beside a module that it imports, and stops where it was cut short."""
    load(name)
    assert not list((folder / "__pycache__").glob("*.pyc"))


def test_a_disk_that_fills_up(folder, name, tmp_path, monkeypatch):
    """There is room when the run begins, none for the source and none for the compiled code."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    whole = kernel_cache._written

    def full(path, source):
        if path.parent == folder:
            raise OSError(28, "No space left on device", str(path))
        return whole(path, source)

    def unkept(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kernel_cache, "_written", full)
    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", unkept)
    with pytest.warns(UserWarning, match="No space left on device.* SYNAPSEEK_CACHE") as told:
        assert not load(name)
    assert len(told) == 2
