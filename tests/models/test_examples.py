"""The examples: programs written for onnxruntime, on fourfold by one replaced import."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.models import vad
from benchmarks.models.task import package_folder
from benchmarks.models.text_images import page_image

from models.sessions import available

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = pytest.mark.models

# With and without the one line, each in a process of its own: sys.modules lasts.
READ = """
import importlib.util, json, sys
import numpy as np
picture = np.load(sys.argv[2])
if sys.argv[1] == "onnxruntime":
    from rapidocr_onnxruntime import RapidOCR
    print(json.dumps([[text, float(score)] for _, text, score in RapidOCR()(picture)[0]]))
else:
    sys.path.insert(0, sys.argv[3])
    import read_text
    assert "onnxruntime.capi" not in sys.modules
    print(json.dumps([[text, float(score)] for text, score in read_text.read(picture)]))
"""


def read(engine, picture):
    command = [sys.executable, "-c", READ, engine, str(picture), str(EXAMPLES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reads_text(tmp_path):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    pytest.importorskip("cv2", reason="needs opencv-python-headless")
    available(package_folder, "rapidocr_onnxruntime", "rapidocr-onnxruntime")
    path = tmp_path / "page.npy"
    np.save(path, np.asarray(available(page_image, 7)[0])[:, :, ::-1])
    ours, theirs = read("fourfold", path), read("onnxruntime", path)
    assert len(theirs) == 9
    assert [text for text, _ in ours] == [text for text, _ in theirs]
    np.testing.assert_allclose(
        [score for _, score in ours], [score for _, score in theirs], rtol=1e-3
    )


def test_finds_speech():
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    pytest.importorskip("onnx", reason="needs onnx")
    frames = available(vad.examples)[0]["input"]
    samples = frames[:, vad.CONTEXT :].reshape(-1)
    find_speech = example("find_speech")
    ours = find_speech.speech_probability(vad.model(), samples)
    find_speech.ort = onnxruntime
    theirs = find_speech.speech_probability(vad.model(), samples)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert find_speech.spans(ours) == find_speech.spans(theirs)
    assert len(find_speech.spans(ours)) > 1
