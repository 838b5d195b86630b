"""Choice of the backend by what the machine has; what every job loads before it begins."""

import os
import resource
import signal
import subprocess
import sys

import pytest

from synapseek_core import runtime
from synapseek_core.errors import DeviceError


@pytest.fixture(params=[False, True], ids=["no GPU", "GPU"])
def has_gpu(request, monkeypatch):
    monkeypatch.setattr(runtime, "gpus", lambda: ["a GPU"] if request.param else [])
    return request.param


def test_automatic_choice(has_gpu):
    assert runtime.choose_backend("auto", "auto") == ("jax" if has_gpu else "numba")
    assert runtime.choose_backend("auto", "cpu") == "numba"
    assert runtime.choose_backend("jax", "cpu") == "jax"


def test_a_demanded_gpu(has_gpu):
    if has_gpu:
        assert runtime.choose_backend("auto", "gpu") == "jax"
    else:
        with pytest.raises(DeviceError, match=r"JAX finds no GPU here .*set device: auto, or install"):
            runtime.choose_backend("auto", "gpu")


def test_numba_does_not_run_on_a_gpu(has_gpu):
    with pytest.raises(DeviceError, match="numba backend runs on the CPU"):
        runtime.choose_backend("numba", "gpu")


def test_cache_directory_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNAPSEEK_CACHE", str(tmp_path / "cache"))
    assert runtime.cache_directory("kernels") == tmp_path / "cache" / "kernels"
    assert runtime.cache_directory("kernels").is_dir()


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's temporary folder."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    runtime._usable.cache_clear()
    return folder


def test_a_cache_that_cannot_be_written_is_one_warning(tmp_path, temporary, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SYNAPSEEK_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match=r"file/kernels: cannot be used \(Not a directory\).* SYNAPSEEK_CACHE") as told:
        folders = {runtime.cache_directory("kernels") for _ in range(3)}
    assert len(told) == 1
    (folder,) = folders
    assert folder.is_relative_to(temporary)
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_a_full_disk_below_the_cache(tmp_path, temporary, monkeypatch):
    monkeypatch.setenv("SYNAPSEEK_CACHE", str(tmp_path / "cache"))
    limit, largest = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, largest))
    try:
        with pytest.warns(UserWarning, match="cannot be used .File too large"):
            assert runtime.cache_directory("kernels").is_relative_to(temporary)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, largest))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_temporary_folder_of_somebody_else_s_is_not_taken(tmp_path, temporary, monkeypatch):
    """Code is run from there."""
    taken = temporary / f"synapseek-{os.getuid()}"
    taken.mkdir()
    taken.chmod(0o777)
    (tmp_path / "file").touch()
    monkeypatch.setenv("SYNAPSEEK_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="cannot be used"):
        assert not runtime.cache_directory("kernels").is_relative_to(taken)


def test_an_empty_variable_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNAPSEEK_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert runtime.cache_directory("kernels") == tmp_path / "synapseek" / "kernels"


def test_reading_a_project_loads_no_library_that_only_some_stages_need():
    heavy = {"scipy.stats", "scipy.optimize", "scipy.spatial", "scipy.cluster", "matplotlib", "flowjax", "optax"}
    code = "import sys, synapseek_core.studies.project; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "synapseek_core.studies.project" in loaded
    assert not heavy & set(loaded)
