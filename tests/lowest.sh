#!/usr/bin/env bash
# Install the lowest versions of all dependencies that pyproject.toml allows, and run the tests with them:
#
#   tests/lowest.sh [PYTHON] [ARGUMENTS OF PYTEST]
#
# The environment is one of its own and is deleted. Dependencies of dependencies are the newest that fit, as pip would
# choose them. The SLURM plugin is left out, which asks for newer packages than the project does.
set -euo pipefail
python=$(command -v "${1:-python3}")
shift $(($# > 0))
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SYNAPSEEK_CACHE="$work/cache"

"$python" -m venv "$work/venv"
# shellcheck disable=SC1091
. "$work/venv/bin/activate"
pip install --quiet uv
echo 'snakemake-executor-plugin-slurm; sys_platform == "none"' >"$work/left-out.txt"
# Not from source: an old version without a wheel for this Python is not one that pip would choose.
uv pip install --resolution lowest-direct --override "$work/left-out.txt" \
    --only-binary :all: --no-binary connection-pool --no-binary synapseek --editable ".[test]"
pytest "$@"
