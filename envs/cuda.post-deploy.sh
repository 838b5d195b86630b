#!/usr/bin/env bash
# Snakemake runs this in the folder of the run, which is this repository.
set -euo pipefail
pip install --no-deps -e .
