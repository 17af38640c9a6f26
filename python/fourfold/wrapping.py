"""A program behind the interface of the model that it came from, by the name of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fourfold.dropin.base import DropIn
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.partitioned import Program


def wrap(
    kind: str,
    program: Program,
    interface: Mapping[str, Any],
    interface_arrays: Mapping[str, np.ndarray],
    threads: int = 0,
) -> DropIn:
    """Put a program behind an interface.

    Parameters
    ----------
    kind : str
        "sequential", "sklearn" or "session".
    program : CompiledProgram or PartitionedProgram
        The program.
    interface, interface_arrays : mapping
        What the importer of that kind noted down.
    threads : int
        Threads that a session uses at most; 0 leaves it to ``fourfold.set_threads``.

    Raises
    ------
    ValueError
        If the kind is unknown, or the interface is not one of that kind.
    """
    if kind == "session":
        from fourfold.session import InferenceSession, SessionOptions

        options = SessionOptions(intra_op_num_threads=threads)
        return InferenceSession.of_program(program, interface, interface_arrays, options)
    if not isinstance(program, CompiledProgram):
        raise ValueError(f"only a model of kind 'session' can be in parts, got {kind!r}")
    if kind == "sequential":
        from fourfold.dropin.sequential import QuantizedSequential

        return QuantizedSequential(program, interface, interface_arrays)
    if kind == "sklearn":
        from fourfold.dropin.sklearn import QuantizedEstimator

        return QuantizedEstimator(program, interface, interface_arrays)
    raise ValueError(
        f"the kind of a model must be 'sequential', 'sklearn' or 'session', got {kind!r}"
    )
