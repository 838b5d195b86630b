"""Choice of the backend by what the machine has; what every job loads before it begins."""

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


def test_reading_a_project_loads_no_library_that_only_some_stages_need():
    heavy = {"scipy.stats", "scipy.optimize", "scipy.spatial", "scipy.cluster", "matplotlib", "flowjax", "optax"}
    code = "import sys, synapseek_core.studies.project; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "synapseek_core.studies.project" in loaded
    assert not heavy & set(loaded)
