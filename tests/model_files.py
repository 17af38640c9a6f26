"""Small model files, and ways to tamper with them that the package itself has no code for."""

import hashlib
import json
import struct
from itertools import pairwise

import numpy as np
import pytest

import fourfold as ff
from fourfold import _core
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.ir import TensorInfo
from fourfold.graph.program import ProgramSpec, Step
from fourfold.model_file import dump_model


def small_program(rng, widths):
    """A chain of INT8 layers of these widths, the first with ReLU, the scales in float16."""
    constants, steps = [], []
    layers = len(widths) - 1
    for i, (depth, columns) in enumerate(pairwise(widths)):
        padded = -(-columns // 16) * 16
        weight = rng.integers(-127, 128, (depth, columns), np.int8)
        scale = np.ones(padded, np.float16)
        scale[:columns] = rng.uniform(0.001, 0.002, columns)
        bias = np.zeros(padded, np.float32)
        bias[:columns] = rng.normal(size=columns)
        first = 1 + len(constants)
        constants += [_core.pack_s8(weight), scale, bias]
        attributes = {
            "depth": depth,
            "columns": columns,
            "activation": "identity" if i else "relu",
            "alpha": 0.0,
        }
        value = 3 * layers + i if i else 0
        inputs = (value, first, first + 1, first + 2)
        steps.append(Step("linear_s8", inputs, (1 + 3 * layers + i,), attributes, f"dense_{i}"))
    inputs = (TensorInfo("x", "float32", (None, widths[0])),)
    outputs = (4 * layers,)
    widened = {3 * i + 1: "float32" for i in range(layers)}
    return CompiledProgram(
        ProgramSpec(inputs, tuple(constants), tuple(steps), outputs, ("y",), widened)
    )


def small_file(rng, widths, interface=None, interface_arrays=None):
    program = small_program(rng, widths)
    return dump_model(program, "sequential", interface or {}, interface_arrays or {}, None)


def take_apart(file):
    """Return the safetensors table, fourfold's document in it (both parsed), and the data."""
    (length,) = struct.unpack_from("<Q", file)
    table = json.loads(file[8 : 8 + length])
    return table, json.loads(table["__metadata__"]["fourfold"]), file[8 + length :]


def put_together(table, document, data, *, seal=True, fill=True):
    """Write a file by hand, with a header checksum that matches (``seal``) and data on 64 bytes."""
    if seal:
        document["sha256"] = seal_of(document["header"])
    table["__metadata__"]["fourfold"] = json.dumps(document)
    return with_header(json.dumps(table), data, fill=fill)


def with_header(header, data, *, fill=True):
    """Put any text in front of the data."""
    raw = header.encode("utf-8", "surrogatepass")
    raw += b" " * (-(8 + len(raw)) % 64 if fill else 0)
    return struct.pack("<Q", len(raw)) + raw + data


def seal_of(header):
    return hashlib.sha256(json.dumps(header, separators=(",", ":")).encode()).hexdigest()


def edited(file, edit):
    """The file after ``edit(table, header)``, with a header checksum that matches again."""
    table, document, data = take_apart(file)
    edit(table, document["header"])
    return put_together(table, document, data)


def refuses(path, file, says):
    """Assert that loading the file is refused with these words, and with its name."""
    path.write_bytes(file)
    for verify in (False, True):
        with pytest.raises(ff.ModelFileError) as raised:
            ff.load(path, verify=verify)
        assert str(path) in str(raised.value)
        assert says in str(raised.value)
