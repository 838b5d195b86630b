"""The workflow through a real SLURM: resources that jobs ask for, and jobs that are killed by the cluster."""

import re
import time

import pytest
from cluster import Cluster, reason_to_skip
from tiny_workflow import TINY, Folder

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=reason_to_skip() or "")

PROFILE = ("--workflow-profile", "workflow/profiles/slurm")
HERE = (
    "--slurm-status-command",
    "squeue",
    "--slurm-no-account",
    "--slurm-init-seconds-before-status-checks",
    "1",
    "--seconds-between-status-checks",
    "1",
    "--latency-wait",
    "5",
)
"""No accounting database, and answers at once."""

FITNESS, CHUNK = "results/stability_IE/fitness/prior/evaluation.nc", "results/stability_IE/search/cma_es/0/0.nc"


@pytest.fixture(scope="module")
def cluster():
    one = Cluster()
    try:
        one.start()
        yield one
    finally:
        one.stop()


def start(cluster, folder, *arguments):
    return folder.start(*arguments, where=(*PROFILE, *HERE), environment=cluster.environment)


def jobs_of(cluster, stage):
    return [job for job in cluster.jobs() if job.get("Comment", "").startswith(f"rule_{stage}")]


def cancel_when_running(cluster, process, stage):
    while process.poll() is None:
        if running := [job for job in jobs_of(cluster, stage) if job["JobState"] == "RUNNING"]:
            cluster.run("scancel", running[0]["JobId"])
            return
        time.sleep(0.2)
    raise AssertionError(f"no job of {stage} ran:\n{process.communicate()[0]}")


def test_killed_jobs_run_again_and_give_the_same_bytes(cluster, done, tmp_path):
    """One job gets too little memory at first, another is cancelled while it runs."""
    folder = Folder(tmp_path / "project")
    process = start(cluster, folder, FITNESS, CHUNK, "--set-resources", "simulate:mem_mb=400*attempt**3")
    cancel_when_running(cluster, process, "search")
    output = process.communicate()[0]
    assert process.returncode == 0, output
    digests = done.digests()
    assert all(digests[name] == digest for name, digest in folder.digests().items())
    assert {FITNESS, CHUNK} < set(folder.digests())
    states = {stage: [job["JobState"] for job in jobs_of(cluster, stage)] for stage in ("search", "simulate")}
    # Where SLURM polls memory, as here, it kills and says FAILED; OUT_OF_MEMORY is the word of control groups.
    assert states == {"search": ["CANCELLED", "COMPLETED"], "simulate": ["FAILED", "COMPLETED"]}
    assert "exceeded memory limit" in (cluster.folder / "slurmd.log").read_text()
    assert [job["MinMemoryNode"] for job in jobs_of(cluster, "simulate")] == ["400M", "3200M"]
    print(overheads(cluster, folder))


def overheads(cluster, folder):
    """Seconds from the submission of each job to its end beyond what its script took."""
    took = {path: float(path.read_text().split("\n")[1].split("\t")[0]) for path in folder.path.rglob("*.tsv")}
    whole = 0.0
    completed = [job for job in cluster.jobs() if job["JobState"] == "COMPLETED"]
    for job in completed:
        submitted, ended = (time.mktime(time.strptime(job[k], "%Y-%m-%dT%H:%M:%S")) for k in ("SubmitTime", "EndTime"))
        whole += ended - submitted
    return f"{len(completed)} jobs, {(whole - sum(took.values())) / len(completed):.1f} s of overhead each"


@pytest.mark.slow
def test_gpus_are_asked_for_by_the_stages_that_simulate(cluster, tmp_path):
    """In a partition of their own. And refused in one line on a machine that has none."""
    folder = Folder(tmp_path / "project", TINY | {"device": "gpu"})
    (folder.path / "partitions.yaml").write_text("partitions: {main: {max_gpu: 0}, gpus: {max_gpu: 2}}")
    known = {job["JobId"] for job in cluster.jobs()}
    partitions = ("--slurm-partition-config", "partitions.yaml")
    process = start(cluster, folder, FITNESS, CHUNK, "--retries", "0", *partitions)
    output = process.communicate()[0]
    assert process.returncode == 1
    assert output.count("JAX finds no GPU here") >= 2
    assert "Traceback" not in output
    asked = {}
    for job in cluster.jobs():
        if job["JobId"] not in known:
            stage = re.match(r"rule_([a-z]+)", job["Comment"])[1]
            asked[stage] = job["Partition"], job.get("TresPerJob", "")
    with_gpu = ("gpus", "gres:gpu:1")
    assert asked == {"sample": ("main", ""), "simulate": with_gpu, "search": with_gpu}


@pytest.mark.slow
def test_whole_workflow(cluster, done, tmp_path):
    folder = Folder(tmp_path / "project")
    process = start(cluster, folder)
    output = process.communicate()[0]
    assert process.returncode == 0, output
    assert folder.digests("nc", "png", "svg", "pdf") == done.digests("nc", "png", "svg", "pdf")


@pytest.mark.slow
def test_job_out_of_time_runs_again_with_more(cluster, done, tmp_path):
    """A minute is the shortest limit; networks of many neurons take longer, at the second attempt not."""
    folder = Folder(tmp_path / "project")
    script = folder.path / "workflow" / "scripts" / "job.py"
    slow = "import time\nif snakemake.resources.runtime == 1:\n    time.sleep(300)\n"
    script.write_text(script.read_text().replace("with job", slow + "with job"))
    rules = "results/stability_IE/rules/prior.nc"
    process = start(cluster, folder, rules, "--set-resources", "sample:runtime=attempt**3")
    output = process.communicate()[0]
    assert process.returncode == 0, output
    assert [job["JobState"] for job in jobs_of(cluster, "sample")][-2:] == ["TIMEOUT", "COMPLETED"]
