"""A real SLURM of one node on the loopback: munged, slurmctld and slurmd, in a folder and on ports of their own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
CPUS, MEMORY = 16, 8000
"""CPUs and MB that the node offers; nothing holds jobs to the CPUs."""

GPUS = 2
"""GPUs that the node offers: enough to be asked for, nothing to compute on."""

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
ReturnToService=2
MinJobAge=3600
KillWait=1
MailProg=/bin/true
MpiDefault=none
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=1:00:00 DefMemPerCPU=1000 State=UP
PartitionName=gpus Nodes={host} MaxTime=1:00:00 DefMemPerCPU=1000 State=UP
"""


USUAL_PLACE = Path("/etc/slurm/slurm.conf")
"""Where steps of jobs look for the configuration, for they are started without the environment that names it."""


def reason_to_skip() -> str | None:
    """Why no SLURM can be brought up here; None if one can."""
    if os.geteuid() != 0:
        return "SLURM's daemons start as root only"
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"not installed: {', '.join(missing)} (Debian: slurmctld slurmd slurm-client munge)"
    if USUAL_PLACE.exists():
        return f"{USUAL_PLACE}: there is a SLURM here already"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "not installed: snakemake-executor-plugin-slurm (pip install 'synapseek[slurm]')"
    return None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Cluster:
    """The daemons; `environment` is what SLURM's commands need to find them."""

    def __init__(self) -> None:
        # Short, for the name of a socket may have 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="slurm"))
        self.environment = {"SLURM_CONF": str(self.folder / "slurm.conf")}
        self.daemons: list[subprocess.Popen] = []

    def start(self) -> None:
        """Bring the daemons up, and wait until the node takes jobs."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        host = socket.gethostname().partition(".")[0]
        ports = {"controller_port": _free_port(), "node_port": _free_port()}
        sizes = {"cpus": CPUS, "memory": MEMORY, "gpus": GPUS}
        text = CONFIGURATION.format(host=host, folder=self.folder, **ports, **sizes)
        (self.folder / "slurm.conf").write_text(text)
        USUAL_PLACE.parent.mkdir(exist_ok=True)
        USUAL_PLACE.unlink(missing_ok=True)  # left by a killed run, to nothing
        USUAL_PLACE.symlink_to(self.folder / "slurm.conf")
        for gpu in range(GPUS):
            # SLURM counts the device files; these are as /dev/null is.
            os.mknod(self.folder / f"gpu{gpu}", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        (self.folder / "gres.conf").write_text(f"NodeName={host} Name=gpu File={self.folder}/gpu[0-{GPUS - 1}]\n")
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munge.pid", "seed-file": "munge.seed"}
        self._daemon("munged", "--foreground", "--force", *(f"--{k}={self.folder / v}" for k, v in files.items()))
        self._wait(lambda: (self.folder / "munge.socket").exists(), "munged")
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D")
        self._wait(lambda: "idle" in self.run("sinfo", "-h", "-o", "%T", check=False), "the node")

    def _daemon(self, program: str, *arguments: str) -> None:
        with open(self.folder / f"{program}.out", "w") as output:
            self.daemons.append(
                subprocess.Popen(
                    [str(shutil.which(program)), *arguments],
                    env=os.environ | self.environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )

    def _wait(self, ready, what: str) -> None:
        until = time.monotonic() + 60
        while not ready():
            if time.monotonic() > until:
                logs = "\n".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))
                raise TimeoutError(f"{what} does not answer\n{logs}")
            time.sleep(0.2)

    def run(self, *command: str, check: bool = True) -> str:
        """Output of one of SLURM's commands."""
        environment = os.environ | self.environment
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=check, timeout=30)
        return result.stdout

    def jobs(self) -> list[dict[str, str]]:
        """What the controller knows of every job, ended ones too, in the order of their numbers."""
        lines = self.run("scontrol", "-o", "show", "job").splitlines()
        fields = [
            dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines if "JobId=" in line
        ]
        return sorted(fields, key=lambda job: int(job["JobId"]))

    def stop(self) -> None:
        """End jobs and daemons, and remove the folder."""
        self.run("scancel", "--user=root", check=False)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        USUAL_PLACE.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
