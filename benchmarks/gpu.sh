#!/usr/bin/env bash
# The JAX backend on a machine with an NVIDIA GPU, in less than 9 minutes, without a network:
#   benchmarks/gpu.sh [WHEELS]
# WHEELS: a folder with the wheels of `pip download ".[cuda12,test]"`, carried to that machine; without one, python3 must
# have these packages. First what must be right (every spike of the traces, plain JAX beside the kernels, the same bits
# in other batches), then what it costs: results/gpu_measure.nc, and the log in results/gpu.log.
set -euo pipefail
cd "$(dirname "$0")/.."
python=python3
if [[ $# -gt 0 ]]; then
    python3 -m venv .gpu
    python=.gpu/bin/python
    "$python" -m pip install --quiet --no-index --find-links "$1" -e ".[cuda12,test]"
fi
log=benchmarks/results/gpu.log
{
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
    "$python" -c 'import jax; print(jax.__version__, jax.devices()); assert jax.devices()[0].platform == "gpu"'
    # Nothing stops the measurement: a test that fails is seen in the log.
    timeout 150 "$python" -m pytest -q -n 0 tests/test_engine.py -k "auryn_trace and jax" || echo "TRACES: NOT ALL RIGHT"
    timeout 100 "$python" -m pytest -q -n 0 -k "plain_jax" tests/test_gpu_kernels.py || echo "KERNELS: NOT ALL RIGHT"
    timeout 80 "$python" -m pytest -q -n 0 -k "taken_again" tests/test_jax_backend.py || echo "BITS: NOT ALL RIGHT"
    PYTHONPATH=benchmarks timeout 200 "$python" benchmarks/gpu_measure.py --minutes 3 || echo "MEASUREMENT: STOPPED"
} 2>&1 | tee "$log"
