#!/usr/bin/env bash
# Cross-build the wheel for AArch64 and run its tests under qemu-user, on a CPU with i8mm, one with sdot only and one
# with neither: a kernel that is chosen where it cannot run dies there of an illegal instruction.
# For Debian 12 on x86-64, or a container of it: the compiler, its C++ library and the Python that runs are that release's.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD work=$PWD/build/qemu # the build itself goes to build/aarch64: tests/test_symbols.py reads its object files
version=3.11 suite=bookworm    # the Python of Debian 12
triple=aarch64-linux-gnu

python=${PYTHON:-python3}
"$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" || python=/usr/bin/python$version
[ -n "$(command -v "$python")" ] || {
  echo "fourfold: Python $version is needed to build for Python $version; set PYTHON=..." >&2
  exit 1
}
missing=
command -v $triple-g++ >/dev/null || missing+=" g++-$triple"
command -v qemu-aarch64-static >/dev/null || missing+=" qemu-user-static"
command -v mmdebstrap >/dev/null || missing+=" mmdebstrap"
if [ -n "$missing" ]; then
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing
fi

# Debian's Python for arm64, unpacked: nothing of it runs outside qemu.
mkdir -p "$work"
if [ ! -x "$work/root/usr/bin/python$version" ]; then
  rm -rf "$work/root"
  mmdebstrap --quiet --variant=extract --arch=arm64 --aptopt='APT::Install-Recommends "false"' \
    --include=python$version-minimal,libpython$version-stdlib,libpython$version-dev,libstdc++6 \
    $suite "$work/root"
fi

[ -x "$work/tools/bin/cmake" ] || .ci/venv "$python" "$work/tools"
tools=$work/tools/bin
"$tools/pip" install --quiet --group build
[ -d "$work/site/hypothesis" ] || "$tools/pip" install --quiet --target "$work/site" --only-binary=:all: \
  --implementation cp --python-version $version --platform manylinux_2_28_aarch64 \
  --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 hypothesis numpy pytest safetensors

cat >"$work/toolchain.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER $triple-gcc)
set(CMAKE_CXX_COMPILER $triple-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
CMAKE
# -idirafter: Python's headers are wanted, but the C library's are those of the cross compiler.
headers=$work/root/usr/include
rm -rf "$work/raw"
CMAKE_TOOLCHAIN_FILE=$work/toolchain.cmake _PYTHON_HOST_PLATFORM=linux-aarch64 \
  CXXFLAGS="-idirafter $headers -idirafter $headers/$triple" PATH=$tools:$PATH \
  "$tools/pip" wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work/raw" \
  -Cbuild-dir=build/aarch64 -Ccmake.define.FOURFOLD_WERROR=ON \
  -Ccmake.define.Python_INCLUDE_DIR="$headers/python$version" \
  -Ccmake.define.PYTHON_MODULE_EXTENSION=.cpython-311-$triple.so .
rm -rf "$work/site"/fourfold* "$work/site/bin"
"$tools/pip" install --quiet --no-deps --target "$work/site" --platform linux_aarch64 \
  --only-binary=:all: --python-version $version "$work"/raw/*.whl

# A Python that can start itself, as some tests do: -0 makes it believe that this file is its executable.
cat >"$work/python" <<PYTHON
#!/bin/sh
PYTHONHOME=$work/root/usr PYTHONPATH=$work/site \\
  exec qemu-aarch64-static -L $work/root -0 "\$0" $work/root/usr/bin/python$version "\$@"
PYTHON
chmod +x "$work/python"

# on CPU EXPRESSION NAME...: the tests of these files that the expression (pytest -k) picks.
on() {
  local cpu=$1 picked=$2
  shift 2
  echo "== $cpu: $picked"
  QEMU_CPU=$cpu "$work/python" -m pytest --quiet -c "$root/pyproject.toml" --rootdir="$root" -p no:cacheprovider \
    -k "$picked" "${@/#/$root/tests/test_}"
}

# Each ISA's kernels run once, on the weakest CPU that has them; the rest runs on the strongest. dotprod and i8mm have
# kernels for INT8 products only, and nothing but those runs on them again. Left out are the tests that need
# scikit-learn, SciPy or pandas, which are slow here and say nothing about kernels, one that reads /proc/cpuinfo, which
# is the host's, and one that fills 256 MB, which takes minutes.
kernels=(linear_s8 kernels_s8 memory_bounds consistency golden)
of_neon=(gemm_f32 quantize reduce activation unary binary normalize float_environment)
engine=(guarded kernel_bindings reference isa threads streaming blocking program program_arrays program_refusals weights
  passes model_file model_file_programs)
kernels=("${kernels[@]/%/.py}") of_neon=("${of_neon[@]/%/.py}") engine=("${engine[@]/%/.py}")
cd "$work"
ulimit -c 0 # tests/test_guarded.py crashes on purpose
failed=0
(
  on cortex-a53 neon "${kernels[@]}" "${of_neon[@]}" || failed=1
  on cortex-a76 neondot "${kernels[@]}" || failed=1
  exit $failed
) >"$work/log" 2>&1 &
on max "not agree_with_the_operating_system and not large_arena" "${engine[@]}" || failed=1
on max i8mm "${kernels[@]}" || failed=1
on max scalar "${kernels[@]}" || failed=1
wait $! || failed=1
cat "$work/log"
exit $failed
