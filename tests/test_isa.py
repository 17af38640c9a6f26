"""Which instruction sets are found, selected and refused."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import fourfold as ff
from fourfold import _core

ORDER = ["scalar", "avx2", "avxvnni", "avx512vnni", "amx", "neon", "neondot", "i8mm"]

# What Linux reports, in /proc/cpuinfo, for the instructions that each ISA's kernels use.
CPUINFO_FLAGS = {
    "avx2": {"avx2", "fma"},
    "avxvnni": {"avx2", "fma", "avx_vnni"},
    "avx512vnni": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"},
    "amx": {"amx_tile", "amx_int8", "avx512_vnni"},
    "neon": {"asimd"},
    "neondot": {"asimddp"},
    "i8mm": {"asimddp", "i8mm"},
}


def run_python(code, **environment):
    """Run code in a fresh interpreter, with FOURFOLD_ISA only if given; return what it printed."""
    inherited = {key: value for key, value in os.environ.items() if key != "FOURFOLD_ISA"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def machine_isas():
    """Return what this machine supports where nothing caps it."""
    result = run_python("import fourfold as ff; print(*ff.supported_isas())")
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def cpuinfo(*names):
    """Return the value of the first of the names in /proc/cpuinfo, or skip the test."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in names:
            return value.strip()
    pytest.skip(f"no {names[0]} in /proc/cpuinfo")


def test_supported_isas_ascend_from_scalar():
    isas = ff.supported_isas()
    assert isas[0] == "scalar"
    assert isas == sorted(set(isas), key=ORDER.index)


def test_the_best_isa_is_active_by_default():
    result = run_python("import fourfold as ff; print(ff.active_isa(), ff.supported_isas()[-1])")
    active, best = result.stdout.split()
    assert active == best


def test_supported_isas_agree_with_the_operating_system():
    flags = set(cpuinfo("flags", "Features").split())
    isas = machine_isas()
    for isa in isas[1:]:
        assert CPUINFO_FLAGS[isa] <= flags, isa
    # These need no compiler newer than any that C++17 needs: found where they exist, too.
    certain = ["avx2", "avx512vnni"] if platform.machine() == "x86_64" else []
    for isa in certain:
        assert (CPUINFO_FLAGS[isa] <= flags) == (isa in isas), isa


def test_the_cpu_has_its_own_name():
    assert _core.cpu_name() == _core.cpu_name().strip() != ""
    if platform.machine() == "x86_64":
        assert " ".join(_core.cpu_name().split()) == " ".join(cpuinfo("model name").split())


def test_the_kernels_under_test_are_those_of_the_isa(isa):
    assert ff.active_isa() == isa
    assert _core.kernels.gemm_s8_name(4096) == isa


def test_a_wrong_name_lists_the_good_ones_and_changes_nothing(isa):
    unsupported = [name for name in ORDER if name not in ff.supported_isas()]
    for name in ["", "avx3", "AVX2", "scalar ", *unsupported]:
        with pytest.raises(ValueError, match=f"{', '.join(ff.supported_isas())}.*'{name}'"):
            ff.use_isa(name)
        assert ff.active_isa() == isa


def test_the_environment_caps_the_choice():
    isas = machine_isas()
    for number, cap in enumerate(isas):
        code = (
            "import fourfold as ff\n"
            "print(ff.active_isa(), *ff.supported_isas())\n"
            f"for name in {isas[: number + 1]!r}: ff.use_isa(name)\n"
            f"for name in {isas[number + 1 :]!r}:\n"
            "    try: ff.use_isa(name)\n"
            "    except ValueError: continue\n"
            "    raise SystemExit(name)\n"
            f"assert ff.active_isa() == {cap!r}\n"
        )
        result = run_python(code, FOURFOLD_ISA=cap)
        assert result.returncode == 0, result.stderr
        assert result.stdout.split() == [cap, *isas[: number + 1]]


def test_an_empty_cap_is_none():
    code = "import fourfold as ff; print(*ff.supported_isas())"
    assert run_python(code, FOURFOLD_ISA="").stdout.split() == machine_isas()


def test_a_cap_that_this_machine_lacks_hides_only_what_is_above_it():
    code = "import fourfold as ff; print(*ff.supported_isas())"
    order = ["scalar", "avx2", "avxvnni", "avx512vnni", "amx", "neon", "neondot", "i8mm"]
    isas = machine_isas()
    for cap in set(order) - set(isas):
        below = [isa for isa in isas if order.index(isa) < order.index(cap)]
        result = run_python(code, FOURFOLD_ISA=cap)
        assert result.stdout.split() == below, result.stderr


def test_a_bad_cap_is_an_error_at_first_use_and_not_at_import():
    code = (
        "import fourfold as ff\n"
        "for use in (ff.supported_isas, ff.active_isa, lambda: ff.use_isa('scalar')):\n"
        "    try: use()\n"
        "    except ValueError as error: print(error)\n"
        "    else: raise SystemExit('no error')\n"
    )
    result = run_python(code, FOURFOLD_ISA="avx3")
    assert result.returncode == 0, result.stderr
    good = ", ".join(machine_isas())
    message = f"FOURFOLD_ISA: expected one of {good}; received 'avx3'"
    assert result.stdout.splitlines() == 3 * [message]


def test_importing_prints_nothing():
    result = run_python("import fourfold, fourfold._core")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
