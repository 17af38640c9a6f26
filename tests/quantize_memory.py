"""Quantize a model of some 60 MB, and print how much memory that takes at most, by its size.

A script, for a process of its own: ``quantize_memory.py MODEL PRECISION WITH_LABELS``. What counts
is the increase of the peak of resident memory over a process that has quantized a small model, and
so has all libraries and what they set up once.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

import fourfold as ff

ROWS, WIDTH, WIDE, BLOCKS = 18_000, 384, 1536, 7
IDS = np.arange(64, dtype=np.int64).reshape(4, 16)


def write(path, rows, width, wide, blocks):
    """Write an embedding and residual blocks of two products; return its bytes."""
    rng = np.random.default_rng(0)
    weights = {"table": rng.normal(size=(rows, width))}
    nodes, x = [helper.make_node("Gather", ["table", "ids"], ["x"])], "x"
    for block in range(blocks):
        weights[f"up{block}"] = rng.normal(size=(width, wide)) / width**0.5
        weights[f"down{block}"] = rng.normal(size=(wide, width)) / wide**0.5
        nodes += [
            helper.make_node("MatMul", [x, f"up{block}"], [f"h{block}"]),
            helper.make_node("Relu", [f"h{block}"], [f"r{block}"]),
            helper.make_node("MatMul", [f"r{block}", f"down{block}"], [f"d{block}"]),
            helper.make_node("Add", [x, f"d{block}"], [f"x{block}"]),
        ]
        x = f"x{block}"
    graph = helper.make_graph(
        nodes,
        "blocks",
        [helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["N", "T"])],
        [helper.make_tensor_value_info(x, onnx.TensorProto.FLOAT, ["N", "T", width])],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return 4 * sum(weight.size for weight in weights.values())


def quantize(path, precision, with_labels, max_loss):
    labels = np.zeros(len(IDS)) if with_labels else None
    return ff.quantize_model(
        path,
        [IDS],
        labels,
        metric=(lambda _, outputs: float(np.abs(outputs).mean())) if with_labels else None,
        config=ff.QuantizationConfig(precision=precision),
        gate=ff.Gate(max_accuracy_loss=max_loss, min_speedup=0),
        threads=1,
    )


def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))


def main():
    path, precision, with_labels = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "True"
    small = path.with_name("small.onnx")
    write(small, 200, 64, 256, 2)
    quantize(small, precision, with_labels, 1e-3)
    size = write(path, ROWS, WIDTH, WIDE, BLOCKS)
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    # Without labels, a limit that takes another round, of layers that are measured one by one.
    result = quantize(path, precision, with_labels, 2.0 if precision == "auto" else 100)
    assert result.stats.quantized_size < size / 2, result.reasons
    raised = sum(layer.activation_bits == 16 for layer in result.layers)
    sys.stdout.write(f"{(status('VmHWM') - before) / size} {raised}")


if __name__ == "__main__":
    main()
