"""A kernel's object file exports its table and nothing else.

A weak symbol (an inline function, a std:: template) compiled with AVX-512 may be the copy that the
linker keeps for everyone, and then the whole library needs AVX-512.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OBJECTS = [
    path
    for path in sorted(ROOT.glob("build/*/CMakeFiles/fourfold_kernels.dir/cpp/kernels/*/*.cc.o"))
    # Not left from an older tree, and not of kernels/math, which is built for the baseline.
    if (ROOT / "cpp" / "kernels" / path.parent.name / path.stem).exists()
    and (ROOT / "cpp" / "kernels" / path.parent.name / "kernels.inc").exists()
]

pytestmark = [
    pytest.mark.skipif(shutil.which("nm") is None, reason="needs nm"),
    pytest.mark.skipif(not OBJECTS, reason="needs the object files of a build in this tree"),
]


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_table_is_exported(path):
    family, isa = path.parent.name, path.name.removesuffix(".cc.o")
    command = ["nm", "--extern-only", "--defined-only", "-P", str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = [line.split()[0] for line in listing.splitlines()]
    table = f"{family}_{isa}"
    assert [name.lstrip("_") for name in names] == [f"ZN8fourfold{len(table)}{table}E"]
