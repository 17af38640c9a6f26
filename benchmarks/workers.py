"""Other engines, each in a process of its own: only the one that is asked is awake."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.harness import ONE_THREAD, ROOT, Row, clean_environment

PACKAGES = ("numpy", "onnxruntime", "openvino", "nncf", "torch")


class Worker:
    """An engine's process: ``python -m <module> <engine>``, orders and answers a JSON line each."""

    def __init__(self, engine: str, module: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, engine],
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


def versions() -> Row:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
