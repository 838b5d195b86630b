"""Faults, each done to a finished tiny run: what is broken, and how it is put right where the workflow refuses.

A fault takes a copy of the run and a random generator, breaks something, lets Snakemake run, and ends with the
outcome of `settle`: `recovered`, if all files are those of an undisturbed run, or `refused`, if a line said what to do
and doing it led there.
"""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psutil
from tiny_workflow import Folder

STUDY = Path("results/stability_IE")
RULES, ACTIVITY, FITNESS = (
    STUDY / f"{name}.nc" for name in ("rules/prior", "activity/prior/evaluation/0", "fitness/prior/evaluation")
)
STAGES = {
    "sample": RULES,
    "simulate": ACTIVITY,
    "score": FITNESS,
    "search": STUDY / "search/cma_es/1/0.nc",
    "analyse": STUDY / "analysis/degeneracy.nc",
    "draw": STUDY / "figures/activity.png",
}
"""Stage -> one of its files."""

ALL = ("nc", "png", "svg", "pdf")
REMEDIES = (
    "delete it",
    "move it away",
    "free some",
    "writable and run again",
    "check the space",
    "--unlock",
    "fixed on system level",
)
"""What a line may tell the user to do."""

READ_ONLY, REMOUNT = 1, 32


def settle(folder: Folder, done: Folder, *targets: Path) -> str:
    """Run to the end; see `compare`."""
    folder.snakemake(*map(str, targets))
    return compare(folder, done)


def compare(folder: Folder, done: Folder) -> str:
    """`recovered` if all files are those of the undisturbed run."""
    expected, found = done.digests(*ALL), folder.digests(*ALL)
    different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    assert not different, different
    return "recovered"


def refusal(output: str) -> str:
    """The line by which the workflow refuses."""
    lines = [line.strip() for line in output.splitlines()]
    told = [line for line in lines if any(remedy in line for remedy in REMEDIES)]
    assert told, output
    assert "Traceback" not in output, output
    return told[0]


def remove(folder: Folder, *files: Path) -> None:
    """Delete results, all formats of a figure."""
    for file in files:
        for one in (folder.path / file).parent.glob(f"{file.stem}.*"):
            one.unlink()


def script_of(process: psutil.Process, stage: str) -> psutil.Process | None:
    """The running script of a stage under a Snakemake process that runs one job."""
    script = "draw.py" if stage == "draw" else "job.py"
    for child in process.children(recursive=True):
        try:
            if any(word.endswith(script) for word in child.cmdline()):
                return child
        except psutil.NoSuchProcess:
            continue
    return None


def killed(folder: Folder, done: Folder, random: Random, stage: str, whole: bool) -> str:
    """SIGKILL a script at a random moment, or Snakemake and all below it at once, as when the power fails."""
    file = STAGES[stage]
    remove(folder, file)
    process = folder.start(str(file))
    snakemake = psutil.Process(process.pid)
    while process.poll() is None and script_of(snakemake, stage) is None:
        time.sleep(0.02)
    time.sleep(random.uniform(0, 1.2 * seconds_of(done, stage)))
    if process.poll() is None:
        script = script_of(snakemake, stage)
        victims = [snakemake, *snakemake.children(recursive=True)] if whole else [script] if script else []
        for victim in victims:
            try:
                victim.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
    process.communicate()
    return unlocked(folder, done, file)


def seconds_of(done: Folder, stage: str) -> float:
    """What a script of the stage took in the undisturbed run."""
    kind = STAGES[stage].relative_to(STUDY).parts[0]
    files = (done.path / STUDY / "timings" / kind).rglob("*.tsv")
    return max(float(file.read_text().splitlines()[1].split("\t")[0]) for file in files)


def unlocked(folder: Folder, done: Folder, *targets: Path) -> str:
    """Run again; where a killed Snakemake has left its lock, as its message says."""
    process = folder.start(*map(str, targets))
    output = process.communicate()[0]
    if process.returncode == 0:
        return compare(folder, done)
    refusal(output)
    folder.snakemake("--unlock")
    settle(folder, done, *targets)
    return "refused"


def damaged(folder: Folder, done: Folder, random: Random, damage: Callable[[Path, Random], None]) -> str:
    """A file in place of a result, which the next stage reads."""
    damage(folder.path / ACTIVITY, random)
    remove(folder, FITNESS)
    line = refusal(folder.snakemake(str(FITNESS), code=1))
    assert str(ACTIVITY) in line, line
    remove(folder, ACTIVITY)
    settle(folder, done, FITNESS)
    return "refused"


def truncated(path: Path, random: Random) -> None:
    """Cut at a random place."""
    content = path.read_bytes()
    path.write_bytes(content[: random.randrange(len(content))])


def corrupted(path: Path, random: Random) -> None:
    """A random bit is another one."""
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)


def foreign(path: Path, random: Random) -> None:
    """A valid file of the same kind or of another one, that belongs elsewhere."""
    other = random.choice(
        ["activity/learned/evaluation/0.nc", "activity/neighbourhood/evaluation/1.nc", "rules/prior.nc"]
    )
    shutil.copy(path.parents[3] / other, path)


def two_runs_at_once(folder: Folder, done: Folder, random: Random) -> str:
    """The second one is refused, the first one goes on undisturbed."""
    remove(folder, RULES, ACTIVITY, FITNESS)
    first = folder.start(str(FITNESS))
    while first.poll() is None and not list((folder.path / ".snakemake" / "locks").glob("*")):
        time.sleep(0.05)
    line = refusal(folder.snakemake(str(FITNESS), code=1))
    assert "--unlock" in line
    output = first.communicate()[0]
    assert first.returncode == 0, output
    settle(folder, done, FITNESS)
    return "refused"


def mount(target: Path, flags: int, options: str) -> None:
    """Mount or remount a small file system in memory. Needs root."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(target), b"tmpfs", flags, options.encode()):
        raise OSError(ctypes.get_errno(), f"mount of {target}")


def can_mount(path: Path) -> bool:
    """Whether file systems can be mounted here."""
    try:
        with small_disk(path, 64):
            return True
    except OSError:
        return False


@contextmanager
def small_disk(path: Path, free: int) -> Iterator[None]:
    """A file system of its own at a folder, with what was there and so many KiB free."""
    path.mkdir(parents=True, exist_ok=True)
    kept = path.with_name(f"{path.name}.kept")
    shutil.copytree(path, kept)
    # Files take whole pages of 4 KiB, folders none.
    used = sum(4 + 4 * -(-entry.stat().st_size // 4096) for entry in kept.rglob("*") if entry.is_file())
    mount(path, 0, f"size={used + free}k")
    try:
        for entry in kept.iterdir():
            shutil.move(entry, path / entry.name)
        yield
    finally:
        for entry in path.iterdir() if not os.statvfs(path).f_flag & READ_ONLY else ():
            shutil.copytree(entry, kept / entry.name) if entry.is_dir() else shutil.copy2(entry, kept / entry.name)
        ctypes.CDLL(None).umount2(os.fsencode(path), 2)
        shutil.rmtree(path)
        kept.rename(path)


def full_disk(folder: Folder, done: Folder, random: Random) -> str:
    """The disk is full when a result is written; later there is room."""
    remove(folder, ACTIVITY, FITNESS)
    with small_disk(folder.path / STUDY / "activity", 8):
        assert "free some" in refusal(folder.snakemake(str(FITNESS), code=1))
    settle(folder, done, FITNESS)
    return "refused"


def limited_files(folder: Folder, done: Folder, random: Random) -> str:
    """No file may be as large as a result, as under a quota; later it may."""
    remove(folder, ACTIVITY, FITNESS)
    limit, largest = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, largest))
    try:
        process = folder.start(str(FITNESS))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, largest))
    output = process.communicate()[0]
    assert process.returncode == 1, output
    refusal(output)
    settle(folder, done, FITNESS)
    return "refused"


def read_only_results(folder: Folder, done: Folder, random: Random) -> str:
    """Results cannot be written; later they can."""
    remove(folder, ACTIVITY, FITNESS)
    place = folder.path / STUDY / "activity"
    with small_disk(place, 10_000):
        mount(place, REMOUNT | READ_ONLY, "")
        assert "not writable" in refusal(folder.snakemake(str(FITNESS), code=1))
        mount(place, REMOUNT, "size=20m")
    settle(folder, done, FITNESS)
    return "refused"


def clock_skew(folder: Folder, done: Folder, random: Random) -> str:
    """Some files are from the future, others older than what they were made from; later the clocks are right."""
    now = time.time()
    for file in (RULES, ACTIVITY, FITNESS):
        skew = random.choice([-86400.0, -3600.0, 0.0, 3600.0, 86400.0])
        os.utime(folder.path / file, (now + skew, now + skew))
    process = folder.start(str(FITNESS))
    output = process.communicate()[0]
    if process.returncode == 0:
        return compare(folder, done)
    assert "clock skew" in refusal(output)
    for file in (RULES, ACTIVITY):
        if (folder.path / file).stat().st_mtime > now:
            os.utime(folder.path / file, (now, now))
    settle(folder, done, FITNESS)
    return "refused"


def changed_configuration(folder: Folder, done: Folder, random: Random) -> str:
    """Results of other settings are not taken for those of the present ones; and back again."""
    text = (folder.path / "config.yaml").read_text()
    assert "seed" not in text
    changed = re.sub(r"(\n +)stability_IE:", r"\1stability_IE:\1  seed: 2", "\n" + text, count=1).lstrip("\n")
    (folder.path / "config.yaml").write_text(changed)
    folder.snakemake(str(FITNESS))
    assert folder.digests()[str(FITNESS)] != done.digests()[str(FITNESS)]
    (folder.path / "config.yaml").write_text(text)
    return settle(folder, done, FITNESS)
