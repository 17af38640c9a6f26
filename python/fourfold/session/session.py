"""``fourfold.InferenceSession``: a model behind onnxruntime's interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from fourfold.dropin.base import DropIn
from fourfold.dropin.session.interface import SessionInterface
from fourfold.graph.partitioned import Part, PartitionedProgram, Program
from fourfold.session.feeds import Feeds, OutputNumbers
from fourfold.session.io_binding import IOBinding
from fourfold.session.nodes import ModelMetadata, NodeArg
from fourfold.session.options import RunOptions, SessionOptions
from fourfold.session.providers import Provider, check_providers, get_available_providers


class InferenceSession(DropIn):
    """A model that runs on the engine, called as an ``onnxruntime.InferenceSession`` is.

    From an ONNX model it computes in the model's own types; ``quantize_model`` makes one in INT8.
    Nodes that the engine lacks run in onnxruntime, if it is installed. ``save`` raises
    ``UnsupportedModelError`` where only a run tells the ranks of what goes from them to others.

    Parameters
    ----------
    path_or_bytes : str, path-like, bytes or onnx.ModelProto
        An ONNX model, or a model file that ``save`` wrote.
    sess_options : SessionOptions, optional
        Settings; ``intra_op_num_threads`` is the one that counts.
    providers : sequence, optional
        Execution providers, which must name the CPU's.
    provider_options : sequence of mapping, optional
        Not used.

    Attributes
    ----------
    source : str, path-like, bytes, onnx.ModelProto or None
        The ONNX model that it was opened from; None for a model file.

    Raises
    ------
    UnsupportedModelError
        If the model has operations that the engine lacks, and onnxruntime is not installed or
        lacks them, too; the message names all of them.
    ModelFileError
        If the file or the bytes are no model, or a damaged one.
    FileNotFoundError, PermissionError, IsADirectoryError
        As ``open`` raises them.
    ValueError
        If the providers do not include the CPU's.

    Examples
    --------
    >>> import numpy as np
    >>> import onnx.parser
    >>> import fourfold as ort
    >>> model = onnx.parser.parse_model('''
    ...     <ir_version: 8, opset_import: ["" : 17]>
    ...     agraph (float[N, 3] x) => (float[N, 3] y) { y = Relu(x) }''')
    >>> session = ort.InferenceSession(model)
    >>> session.get_inputs()[0]
    NodeArg(name='x', type='tensor(float)', shape=['N', 3])
    >>> session.run(None, {"x": np.array([[-1, 0, 2]], np.float32)})[0]
    array([[0., 0., 2.]], dtype=float32)
    """

    kind: ClassVar[str] = "session"
    source: Any = None

    def __init__(
        self,
        path_or_bytes: Any,
        sess_options: SessionOptions | None = None,
        providers: Sequence[Provider] | None = None,
        provider_options: Sequence[Mapping[str, Any]] | None = None,
        **_: Any,
    ) -> None:
        from fourfold.session.opening import open_model

        check_providers(providers)
        options = sess_options or SessionOptions()
        program, interface, arrays, self.source = open_model(path_or_bytes)
        self._set_up(program, interface, arrays, options)

    @classmethod
    def of_program(
        cls,
        program: Program,
        interface: Mapping[str, Any],
        interface_arrays: Mapping[str, np.ndarray],
        options: SessionOptions | None = None,
    ) -> InferenceSession:
        """Return a session around a program: what a model file holds, or quantizing made."""
        session = cls.__new__(cls)
        session._set_up(program, interface, interface_arrays, options or SessionOptions())
        return session

    def _set_up(
        self,
        program: Program,
        interface: Mapping[str, Any],
        interface_arrays: Mapping[str, np.ndarray],
        options: SessionOptions,
    ) -> None:
        program.limit_threads(options.intra_op_num_threads)
        super().__init__(program, interface, interface_arrays)
        self._options = options
        described = SessionInterface.from_record(interface)
        self._inputs = [NodeArg.of(info) for info in described.inputs]
        self._outputs = [NodeArg.of(info) for info in described.outputs]
        self._feeds, self._numbers = Feeds(self._inputs), OutputNumbers(self._outputs)
        self._metadata = ModelMetadata.of(described.metadata)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What runs where, in order; empty if the engine runs the whole model."""
        return self.program.parts if isinstance(self.program, PartitionedProgram) else ()

    def run(
        self,
        output_names: Iterable[str] | None,
        input_feed: Mapping[str, Any],
        run_options: RunOptions | None = None,
    ) -> list[np.ndarray]:
        """Compute outputs.

        Parameters
        ----------
        output_names : iterable of str or None
            Which, in this order; None for all.
        input_feed : mapping of str to array_like
            An array for each input, of its type; lists are converted.
        run_options : RunOptions, optional
            Not used.

        Returns
        -------
        list of ndarray
            The outputs.

        Raises
        ------
        ValueError
            If a name is unknown, an input is missing, or a shape does not fit.
        TypeError
            If an array's type is not the input's.
        """
        chosen = self._numbers.chosen(output_names)
        results = self.program.run(*self._feeds.ordered(input_feed))
        arrays = results if isinstance(results, tuple) else (results,)
        return [arrays[number] for number in chosen]

    def __call__(self, *arrays: Any, **named: Any) -> Any:
        """Run on the inputs in their order, or by name; return the output, or a list of several."""
        names = [node.name for node in self._inputs]
        if len(arrays) > len(names):
            raise TypeError(f"expected at most {len(names)} inputs {names}, got {len(arrays)}")
        feed = dict(zip(names, arrays, strict=False))
        doubled = sorted(feed.keys() & named.keys())
        if doubled:
            raise TypeError(f"inputs given twice: {doubled}")
        results = self.run(None, {**feed, **named})
        return results[0] if len(results) == 1 else results

    def get_inputs(self) -> list[NodeArg]:
        """Return the inputs: name, type, shape."""
        return list(self._inputs)

    def get_outputs(self) -> list[NodeArg]:
        """Return the outputs: name, type, shape."""
        return list(self._outputs)

    def get_overridable_initializers(self) -> list[NodeArg]:
        """Return an empty list: constants are folded into the program."""
        return []

    def get_modelmeta(self) -> ModelMetadata:
        """Return where the model comes from."""
        return self._metadata

    def get_session_options(self) -> SessionOptions:
        """Return the settings."""
        return self._options

    def get_providers(self) -> list[str]:
        """Return the execution providers: the CPU's."""
        return get_available_providers()

    def get_provider_options(self) -> dict[str, dict[str, str]]:
        """Return the provider's settings: none."""
        return {name: {} for name in get_available_providers()}

    def set_providers(
        self,
        providers: Sequence[Provider] | None = None,
        provider_options: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Check that the providers include the CPU's, and change nothing."""
        check_providers(providers)

    def io_binding(self) -> IOBinding:
        """Return an object to bind inputs and outputs to ahead of ``run_with_iobinding``."""
        return IOBinding(self)

    def run_with_iobinding(
        self, iobinding: IOBinding, run_options: RunOptions | None = None
    ) -> None:
        """Run on what is bound."""
        iobinding.run()

    def __repr__(self) -> str:
        inputs = ", ".join(f"{node.name}: {node.type}" for node in self._inputs)
        return f"InferenceSession({inputs})"
