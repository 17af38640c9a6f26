#!/usr/bin/env bash
# .ci/older-x86.sh PYTHON: run tests under qemu-user on an x86 CPU with AVX2 and nothing newer, and on one without AVX.
# FOURFOLD_ISA keeps newer kernels from being chosen; this finds their instructions where no choice is: in the engine, in
# the bindings, in a function that the linker took from the wrong file. One of them ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
unset OPENBLAS_CORETYPE # NumPy's BLAS must see the CPU that we show it

if ! command -v qemu-x86_64-static >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends qemu-user-static
fi

# on CPU ISA EXPRESSION: tests that the expression (pytest -k) picks, where ISA is the best that the CPU has.
on() {
  echo "== ${1%%,*}: $2"
  qemu-x86_64-static -cpu "$1" "$python" -c "import fourfold as ff; assert ff.active_isa() == '$2', ff.active_isa()" &&
    qemu-x86_64-static -cpu "$1" "$python" -m pytest --quiet -p no:cacheprovider -k "$3" \
      tests/test_{consistency,golden,streaming,program_arrays,kernel_bindings}.py
}

# Each kernel once; what names no ISA, with the older CPU's. Not tests/test_memory_bounds.py: for a masked load qemu 7.2
# reads all lanes, where a CPU touches none that is masked off.
haswell=Haswell,-pcid,-x2apic,-tsc-deadline,-invpcid,-hle,-rtm # less what qemu would say that it lacks
on $haswell avx2 avx2 &
failed=0
on Nehalem scalar "not avx2 and not consistency" || failed=1
wait $! || failed=1
exit $failed
