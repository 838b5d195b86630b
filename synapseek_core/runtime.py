"""Resources of the machine: backend choice, devices, cores, cache folders."""

from __future__ import annotations

import os
import platform
import stat
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from synapseek_core.errors import DeviceError

if TYPE_CHECKING:
    import jax

Backend = Literal["auto", "jax", "numba"]
Device = Literal["auto", "cpu", "gpu"]

PROBE = 1 << 20
"""Bytes that must fit into the cache for it to be used: about a compiled kernel. Our choice."""

KERNELS = "kernels/__pycache__"
"""Folder of the cache for what Numba compiles; the sources of the kernels lie above it."""

REMEDY_OF_CACHE = "set SYNAPSEEK_CACHE to a folder that you can write to and that has room"


@dataclass(frozen=True)
class Compute:
    """Backend, device and threads to compute with.

    Attributes:
        backend, device: as in the configuration.
        threads: CPU threads of the Numba backend.
        unfinished: folder for what a long job has so far, from which it goes on after a stop; None: nothing is kept.
    """

    backend: Backend = "auto"
    device: Device = "auto"
    threads: int = 1
    unfinished: Path | None = None


def cache_directory(purpose: str) -> Path:
    """Return the folder for compiled code; a temporary one, with a warning, where the cache cannot be written.

    It is below `$SYNAPSEEK_CACHE`, else `$XDG_CACHE_HOME/synapseek`, else `~/.cache/synapseek`.
    """
    return _usable(_cache_root(), purpose)


def _cache_root() -> Path:
    own, of_user = os.environ.get("SYNAPSEEK_CACHE"), os.environ.get("XDG_CACHE_HOME")
    # Of a user without a home, `~` stays as it is: then a folder that cannot be made, not one where the run happens.
    return Path(own) if own else Path(of_user or Path("/", os.path.expanduser("~/.cache"))) / "synapseek"


@cache
def _usable(root: Path, purpose: str) -> Path:
    """Return a folder below the root, made and with room in it, or a temporary one in its place."""
    path = root / purpose
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(bytes(PROBE))
    except OSError as error:
        return temporary_cache(purpose, path, error)
    return path


def temporary_cache(purpose: str, path: Path, error: OSError) -> Path:
    """Return a temporary folder in place of a folder of the cache, and warn that and why.

    A cache is a convenience: what cannot be kept is compiled again. The folder is the same for all jobs of a user on
    this machine, so that not each of them compiles.
    """
    instead = _temporary_root() / purpose
    instead.mkdir(parents=True, exist_ok=True)
    warnings.warn(
        f"cache {path}: cannot be used ({error.strerror}), {instead} is taken instead; {REMEDY_OF_CACHE}",
        stacklevel=3,
    )
    return instead


def _temporary_root() -> Path:
    path = Path(tempfile.gettempdir()) / f"synapseek-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    # Code is run from there: it must be this user's own, and nobody else's to write to.
    safe = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return path if safe else Path(tempfile.mkdtemp(prefix="synapseek-"))


def gpus() -> list[jax.Device]:
    """Return the GPUs that JAX can use."""
    import jax

    return [device for device in jax.devices() if device.platform == "gpu"]


def choose_backend(backend: Backend, device: Device) -> Literal["jax", "numba"]:
    """Return the backend for spiking networks: JAX where there is a GPU, Numba on a CPU, unless one is named.

    Raises:
        DeviceError: a GPU is demanded and there is none, or the Numba backend is demanded on a GPU.
    """
    import jax

    if device == "gpu":
        if backend == "numba":
            raise DeviceError("device: gpu needs backend: jax (or auto); the numba backend runs on the CPU")
        if not gpus():
            raise DeviceError(
                "device: gpu, but JAX finds no GPU here (only "
                f"{', '.join(sorted({d.platform for d in jax.devices()}))}); set device: auto, or install the "
                "GPU build: pip install 'synapseek[cuda13]' (or [cuda12])"
            )
    if backend != "auto":
        return backend
    return "jax" if device != "cpu" and gpus() else "numba"


def jax_device(device: Device) -> jax.Device:
    """Return the device for work that only JAX does (rate networks).

    Raises:
        DeviceError: a GPU is demanded and there is none.
    """
    import jax

    choose_backend("jax", device)
    return jax.devices("cpu")[0] if device == "cpu" else jax.devices()[0]


def enable_compile_cache() -> None:
    """Enable the on-disk cache of code that JAX compiles, so that the next process starts at once."""
    import jax

    jax.config.update("jax_compilation_cache_dir", str(cache_directory("jax")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


def simulating_device(backend: Backend, device: Device) -> str:
    """Return the description of the device that simulates spiking networks, equal for machines of the same kind."""
    if choose_backend(backend, device) == "jax":
        return f"JAX on {jax_device(device).device_kind}"
    return f"Numba on {_processor()}"


def describe_device(backend: str) -> str:
    """Return one line that describes the computing device, for the terminal and for benchmarks."""
    import jax

    if backend == "jax":
        return f"jax {jax.__version__} on {', '.join(str(d.device_kind) for d in jax.devices())}"
    return f"numba on {os.cpu_count()} cores of {_processor()}"


def _processor() -> str:
    """Return the name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
