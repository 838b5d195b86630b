"""What faults do to a run: tried, recovered to the same bytes, refused with a line that says what to do.

    python benchmarks/faults.py [--kills 10] [--times 3] [--at-once 1] [--only WORDS]

The faults of `tests/faults/faults.py`, at the tiny size of the tests: every stage is killed at random moments, results
are damaged, disks fill up. After each the files must be those of an undisturbed run, at once (`recovered`) or after
doing what the line of the refusal says (`refused`). The table goes to the terminal and to results/faults.nc.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path
from random import Random

from table import Column, Table

from synapseek_core import runtime

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "faults")]

import faults  # noqa: E402
from tiny_workflow import Folder  # noqa: E402

Fault = Callable[[Folder, Folder, Random], str]

COLUMNS = [
    Column("tried", "1", "times that the fault was done"),
    Column("recovered", "1", "times that the next run gave the bytes of an undisturbed one by itself"),
    Column("refused", "1", "times that a line said what to do, and doing it gave the bytes of an undisturbed run"),
    Column("other", "1", "times that neither held"),
    Column("seconds", "s", "mean time of a trial, the runs after the fault included"),
]


def every_fault(kills: int, times: int, mounts: bool) -> Iterator[tuple[str, Fault, int]]:
    """Yield name, fault, and how often it is tried."""
    for stage in faults.STAGES:
        yield f"SIGKILL of the script of {stage}", partial(faults.killed, stage=stage, whole=False), kills
    for stage in ("simulate", "search"):
        yield f"SIGKILL of all during {stage}", partial(faults.killed, stage=stage, whole=True), kills
    for damage in (faults.truncated, faults.corrupted, faults.foreign):
        yield f"{damage.__name__} file in place of a result", partial(faults.damaged, damage=damage), kills
    others = [faults.two_runs_at_once, faults.limited_files, faults.clock_skew, faults.changed_configuration]
    for fault in others + [faults.full_disk, faults.read_only_results] * mounts:
        yield fault.__name__.replace("_", " "), fault, times


def tried(fault: Fault, done: Folder, path: Path, seed: int) -> tuple[str, float]:
    """Return the outcome of one trial, and the seconds that it took."""
    began = time.perf_counter()
    try:
        outcome = fault(done.copy(path), done, Random(seed))
    except AssertionError as error:
        print(f"  {error}", file=sys.stderr)
        outcome = "other"
    return outcome, time.perf_counter() - began


def main(kills: int, times: int, at_once: int, only: str) -> None:
    """Do all faults, on copies of one finished run, and write the table."""
    table = Table(COLUMNS)
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(at_once) as pool:
        done = Folder(Path(folder) / "done")
        done.snakemake("all", *map(str, faults.STAGES.values()))
        mounts = faults.can_mount(Path(folder) / "mount")
        for name, fault, count in every_fault(kills, times, mounts):
            if only in name:
                paths = [Path(folder) / f"{name} {seed}" for seed in range(count)]
                trials = list(pool.map(tried, repeat(fault), repeat(done), paths, range(count)))
                outcomes = [outcome for outcome, _ in trials]
                counts = [outcomes.count(kind) for kind in ("recovered", "refused", "other")]
                table.add(name, count, *counts, sum(seconds for _, seconds in trials) / count)
                table.save("faults", runtime.describe_device("numba"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What faults do to a run")
    parser.add_argument("--kills", type=int, default=10, help="trials of each kill and of each damage")
    parser.add_argument("--times", type=int, default=3, help="trials of each other fault")
    parser.add_argument("--at-once", type=int, default=1, help="trials at the same time")
    parser.add_argument("--only", default="", help="only faults whose name has this in it")
    arguments = parser.parse_args()
    main(arguments.kills, arguments.times, arguments.at_once, arguments.only)
