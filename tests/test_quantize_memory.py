"""Quantizing takes at most two and a half times the memory of the float model, the original's too.

That of onnxruntime, beside which the INT8 model is measured, holds more than the weights itself.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

CLEAR_REFS = Path("/proc/self/clear_refs")
SCRIPT = Path(__file__).with_name("quantize_memory.py")
MOST = 2.5


@pytest.mark.skipif(not os.access(CLEAR_REFS, os.W_OK), reason="needs Linux's peak of memory")
@pytest.mark.parametrize("with_labels", [False, True])
@pytest.mark.parametrize("precision", ["int8", "auto"])
def test_memory_while_quantizing(tmp_path, precision, with_labels):
    path = tmp_path / "model.onnx"
    output = subprocess.run(
        [sys.executable, str(SCRIPT), str(path), precision, str(with_labels)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert output.returncode == 0, output.stderr
    ratio, raised = output.stdout.split()
    assert float(ratio) <= MOST
    if precision == "auto" and not with_labels:
        assert int(raised) > 0  # so layers were measured
