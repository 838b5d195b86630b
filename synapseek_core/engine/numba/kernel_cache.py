"""Kernels on disk, their source and their compiled code: kept where that is possible, and never what stops a run."""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

from synapseek_core.runtime import KERNELS, REMEDY_OF_CACHE, cache_directory, temporary_cache


def load(name: str, source: str) -> None:
    """Run the source of a kernel as a module of that name, whose compiled functions are cached on disk."""
    path = _kept(cache_directory(KERNELS).parent / f"{name}.py", source)
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    # Not by importlib, which stops at byte code that was cut short.
    exec(compile(source, path, "exec"), vars(module))
    for function in vars(module).values():
        if isinstance(function, Dispatcher):
            # In place of `njit(cache=True)`, which takes Numba's class.
            function._cache = CompiledCode(function.py_func)  # type: ignore[attr-defined]


def _kept(path: Path, source: str) -> Path:
    """Return a file with the source: `path`, written unless it is there whole, or else one in a temporary folder."""
    try:
        return _written(path, source)
    except OSError as error:
        return _written(temporary_cache(KERNELS, path, error).parent / path.name, source)


def _written(path: Path, source: str) -> Path:
    if not _holds(path, source):
        # Several processes may get here at once: each writes its own file, the last move wins, all are equal.
        part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            part.write_text(source, encoding="utf-8")
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    return path


def _holds(path: Path, source: str) -> bool:
    """Return whether a file can be read and is whole."""
    try:
        return path.read_bytes() == source.encode()
    except OSError:
        return False


class CompiledCode(FunctionCache):
    """Numba's cache of one function; damaged entries are made again, and what cannot be kept is used all the same."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function of a signature; None where there is none that can be read."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            # Whatever unpickling makes of a file that was cut short; an empty index drops it.
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled function of a signature, or warn why it is not kept."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            warnings.warn(
                f"cache {self.cache_path}: compiled code is not kept ({error.strerror}); {REMEDY_OF_CACHE}",
                stacklevel=2,
            )
