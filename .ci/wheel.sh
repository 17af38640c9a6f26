#!/usr/bin/env bash
# Build a manylinux wheel for x86_64 into dist/ and run the whole test suite against it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD work=$PWD/build/wheel
python=${PYTHON:-python3}
max_bytes=3000000

mkdir -p "$work"
[ -x "$work/tools/bin/auditwheel" ] || .ci/venv "$python" "$work/tools"
tools=$work/tools/bin
"$tools/pip" install --quiet --group wheel

# Flag checks must compile and not link: zig would rebuild its C++ library for every flag.
export CXX=$root/.ci/zig-c++ ZIG_PYTHON=$tools/python ZIG_GLOBAL_CACHE_DIR=$work/zig-cache
rm -rf "$work/raw" dist/*-manylinux*_x86_64.whl
PATH=$tools:$PATH "$tools/pip" wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work/raw" \
  -Cbuild-dir="$work/cmake" -Ccmake.define.CMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY .

PATH=$tools:$PATH "$tools/auditwheel" repair --plat manylinux_2_17_x86_64 --wheel-dir dist "$work"/raw/*.whl
wheel=$(ls dist/*-manylinux*_x86_64.whl)
"$tools/auditwheel" show "$wheel"
"$tools/twine" check --strict "$wheel"
bytes=$(stat -c %s "$wheel")
echo "$wheel: $bytes bytes"
[ "$bytes" -lt "$max_bytes" ] || { echo "over $max_bytes bytes" >&2; exit 1; }

# A fresh environment, away from the tree: what passes here is the wheel.
.ci/venv "$python" "$work/test"
"$work/test/bin/pip" install --quiet "${wheel}[test]"
cd "$work"
"$work/test/bin/python" - <<'PYTHON'
import sys
import fourfold

assert fourfold.__file__.startswith(sys.prefix), fourfold.__file__
print("fourfold", fourfold.__version__, "from", fourfold.__file__)
PYTHON
"$work/test/bin/python" -m pytest -c "$root/pyproject.toml" --rootdir="$root" -p no:cacheprovider "$root/tests"
