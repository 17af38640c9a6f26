"""Other engines, each in a process of its own: only the one that is asked is awake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TextIO

from benchmarks.harness import ONE_THREAD, ROOT, Row, clean_environment

PACKAGES = ("numpy", "onnxruntime", "openvino", "nncf", "torch")


class Worker:
    """A process, ``python -m <module> <arguments>``: orders and answers, a JSON line each."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**clean_environment(), **ONE_THREAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, order: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None if the engine is not installed or has failed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        """End the process: it has read all its orders."""
        self.process.communicate()


def answers_only() -> TextIO:
    """This process's standard output, for answers alone: what an engine prints is an error's."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return answers


def run_module(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m <module> <arguments>`` in a process of its own, to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**clean_environment(), **ONE_THREAD},
        capture_output=True,
        text=True,
        check=False,
    )


def versions() -> Row:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
