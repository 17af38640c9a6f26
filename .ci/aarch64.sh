#!/usr/bin/env bash
# Cross-build the wheel for AArch64 and run its tests under qemu-user, on a CPU with i8mm, one with sdot only and one
# with neither: a kernel that is chosen where it cannot run dies there of an illegal instruction.
# For Debian 12 on x86-64, or a container of it: the compiler, its C++ library and the Python that runs are that release's.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD work=$PWD/build/qemu # the build itself goes to build/aarch64: tests/test_symbols.py reads its object files
python=${PYTHON:-python3}
version=3.11 suite=bookworm # the Python of Debian 12
triple=aarch64-linux-gnu

"$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" || {
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
[ -d "$work/site/numpy" ] || "$tools/pip" install --quiet --target "$work/site" --only-binary=:all: \
  --implementation cp --python-version $version --platform manylinux_2_28_aarch64 \
  --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 numpy pytest safetensors

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

# Left out are the tests that start processes (the kernel cannot start one for AArch64 by itself) and those that need
# scikit-learn, SciPy or pandas, which are slow here and say nothing about kernels. The kernels run on every CPU, the
# engine and the model file once.
kernels=(gemm_f32 quantize reduce activation normalize unary binary kernel_bindings reference consistency golden)
engine=(program program_arrays program_refusals weights passes model_file model_file_programs)
run_tests() {
  local cpu=$1
  shift
  echo "== $cpu"
  qemu-aarch64-static -cpu "$cpu" -L "$work/root" -E PYTHONPATH="$work/site" "$work/root/usr/bin/python$version" \
    -m pytest --quiet -c "$root/pyproject.toml" --rootdir="$root" -p no:cacheprovider "${@/#/$root/tests/test_}"
}
cd "$work"
run_tests max "${kernels[@]/%/.py}" "${engine[@]/%/.py}" # i8mm
run_tests cortex-a76 "${kernels[@]/%/.py}"               # sdot
run_tests cortex-a53 "${kernels[@]/%/.py}"               # neither
