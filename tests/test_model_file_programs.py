"""Programs in model files: the same bits after loading, mapped, and checked in every field."""

import sys
from pathlib import Path

import numpy as np
import pytest

import fourfold as ff
from fourfold.model_file import load_model, save_model
from model_files import edited, refuses, small_file, small_program


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.ff"


@pytest.fixture
def file(rng):
    return small_file(rng, [8, 16])


def test_a_program_gives_the_same_bits_after_a_round_trip(rng, path):
    program = small_program(rng, [20, 33, 7])
    x = rng.normal(size=(9, 20)).astype(np.float32)
    interface = {"method": "predict", "widths": [20, 33, 7]}
    arrays = {"classes_": np.array(["no", "yes"]), "names": np.array(["a", "b"], object)}
    stats = ff.QuantizationStats(original_size=10, isa="avx2", batch_shape=(9, 20))
    save_model(path, program, "sequential", interface, arrays, stats)
    for source in (path, str(path), path.read_bytes()):
        loaded = load_model(source, verify=True)
        assert np.array_equal(loaded.program(x), program(x))
        assert loaded.program.spec.steps == program.spec.steps
        assert loaded.program.spec.inputs == program.spec.inputs
        assert loaded.interface == interface
        assert loaded.interface_arrays["classes_"].dtype == "<U3"
        assert loaded.interface_arrays["names"].tolist() == ["a", "b"]
        assert repr(loaded.stats) == repr(stats)  # NaN is not equal to itself


def test_the_drop_in_is_what_load_returns(rng, path):
    network = ff.Sequential([ff.Dense(rng.normal(size=(96, 64)), activation="relu")])
    x = rng.normal(size=(40, 96)).astype(np.float32)
    result = ff.quantize_model(network, x, gate=ff.Gate(min_speedup=0))
    result.save(path)
    content = path.read_bytes()
    forms = path, str(path), content, bytearray(content), memoryview(content)
    for loaded in (ff.load(path, verify=True), *map(ff.load, forms)):
        assert type(loaded) is type(result.model)
        assert np.array_equal(loaded(x), result.model(x))


def test_what_was_loaded_from_a_bytearray_stays_as_it_is(rng):
    content = bytearray(small_file(rng, [8, 16], {"widths": [8, 16]}))
    loaded = ff.load(content)
    x = rng.normal(size=(3, 8)).astype(np.float32)
    before = loaded(x)
    content[:] = bytes(len(content))
    assert np.array_equal(loaded(x), before)


def test_the_figures_survive_loading_and_saving(rng, path):
    network = ff.Sequential([ff.Dense(rng.normal(size=(96, 64)))])
    result = ff.quantize_model(network, np.eye(96), gate=ff.Gate(min_speedup=0))
    result.save(path)
    loaded = ff.load(path)
    assert repr(loaded.stats) == repr(result.stats)  # NaN is not equal to itself
    loaded.save(path)
    assert repr(ff.load(path).stats) == repr(result.stats)


def test_constants_are_the_mapped_file(rng, path):
    save_model(path, small_program(rng, [64, 64]), "sequential", {}, {}, None)
    for constant in load_model(path).program.spec.constants:
        assert not constant.flags.writeable
        assert not constant.flags.owndata
        assert constant.ctypes.data % 64 == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_loading_does_not_read_the_weights(rng, path):
    program = small_program(rng, [4096, 4096, 4096])
    save_model(path, program, "sequential", {}, {}, None)
    assert path.stat().st_size > 2**25
    before = private_bytes()
    loaded = load_model(path)
    assert private_bytes() - before < 2**22
    x = rng.normal(size=(1, 4096)).astype(np.float32)
    assert np.array_equal(loaded.program(x), program(x))


def private_bytes():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (["steps"], {}, "steps must be a list"),
        (["steps", 0, "op"], "conv_9d", "does not fit together"),
        (["steps", 0, "op"], None, "op must be a string"),
        (["steps", 0, "inputs"], [0, 1, 2, 99], "does not fit together"),
        (["steps", 0, "inputs"], [0, 1, 2, -1], "must lie in 0.."),
        (["steps", 0, "attributes", "columns"], 2**31, "does not fit together"),
        (["steps", 0, "attributes", "columns"], 2**66, "does not fit together"),
        (["steps", 0, "attributes", "depth"], "8", "does not fit together"),
        (["steps", 0, "attributes", "depth"], [8], "expected an integer"),
        (["steps", 0, "attributes", "depth"], [8, 0.5], "must be a number, a string"),
        (["steps", 0, "attributes", "depth"], ["8"], "must be a number, a string"),
        (["steps", 0, "attributes", "depth"], True, "must be a number, a string"),
        (["steps", 0, "inputs"], [None, 1, 2, 3], "x: expected"),
        (["steps", 0, "name"], 3, "name must be a string, not 3"),
        (["outputs"], [77], "does not fit together"),
        (["output_names"], [1], "must be a string"),
        (["inputs", 0, "shape"], [None, 9], "does not fit together"),
        (["inputs", 0, "shape"], [2.0], "must be an integer"),
        (["inputs", 0, "dtype"], "complex64", "does not fit together"),
        (["constants"], 4, "program.constants is 4, but the file has"),
        (["widened"], [], "program.widened must be an object"),
        (["widened"], {}, "does not fit together"),
        (["widened"], {"constant.3": "float32"}, "has unknown keys"),
        (["widened", "constant.1"], 4, "must be a string"),
        (["widened", "constant.1"], "int64", "float16 is no narrow form of 'int64'"),
        (["widened", "constant.1"], "float32, " * 999, "float16 is no narrow form of"),
        (["widened", "constant.0"], "int64", "does not fit together"),
        (["widened", "constant.2"], "float32", "float32 is no narrow form of 'float32'"),
    ],
)
def test_programs(path, file, keys, value, says):
    def edit(table, header):
        place = header["content"]["program"]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    refuses(path, edited(file, edit), says)


def test_a_file_asks_for_no_more_memory_than_twice_its_own(rng, path):
    def edit(table, header):
        header["content"]["program"]["widened"]["constant.0"] = "int64"

    refuses(path, edited(small_file(rng, [64, 2048]), edit), "131072 elements of int8 would take")


def test_stats_of_the_wrong_kind(path, file):
    for stats, says in ((5, "must be an object"), ({"rows": "many"}, "'rows' must be int")):
        refuses(
            path,
            edited(file, lambda table, header, s=stats: header["content"].update(stats=s)),
            says,
        )
