"""What a job that fails says, and where: in its log, or on the terminal if the log cannot be written."""

import subprocess
import sys

import pytest
from tiny_workflow import ROOT

CODE = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {scripts!r})
from stage import job
told = dict(config={{"studies": {{"oja": None}}}}, output=["results/oja/rules/prior.nc"], log=[{log!r}])
told |= dict(wildcards={{"study": "oja", "rules": "prior"}}, params=SimpleNamespace(stage="sample"))
with job(SimpleNamespace(**told)):
    raise OSError(28, "No space left on device")
"""
LINE = "Error: results/oja/rules/prior.nc: could not be written (no space left on the disk); nothing was kept of it: "


@pytest.mark.parametrize("log", ["job.log", "/dev/full"])
def test_a_full_disk_is_said_with_the_file(tmp_path, log):
    code = CODE.format(scripts=str(ROOT / "workflow" / "scripts"), log=log)
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert result.returncode == 1
    said = result.stderr if log == "/dev/full" else (tmp_path / log).read_text()
    assert said.startswith(LINE)
    assert said.count("\n") == 1
