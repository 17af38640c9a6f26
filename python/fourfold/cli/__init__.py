"""The command line: ``fourfold demo``, ``isa``, ``quantize``, ``inspect``.

``app`` has the commands, ``inputs`` reads models and data, ``onnx_files`` ONNX models, and
``tables`` lays out what is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and exit: 0 accepted, 3 rejected, 2 wrong usage, 1 failure.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.
    """
    try:
        from fourfold.cli.app import app
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in ("typer", "rich"):
            raise
        _fail(f"the command line needs {missing}: pip install 'fourfold[cli]'")
    try:
        app(args=None if arguments is None else list(arguments), prog_name="fourfold")
    # FourfoldError, ValueError and the like: everything that the library says to its caller.
    except Exception as error:
        _fail(str(error) or type(error).__name__)


def _fail(message: str) -> None:
    sys.stderr.write(f"fourfold: {' '.join(message.split())}\n")
    sys.exit(1)
