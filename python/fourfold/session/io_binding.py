"""Arrays bound to a session's inputs and outputs ahead of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fourfold.session.nodes import tensor_type

if TYPE_CHECKING:
    from fourfold.session.session import InferenceSession


class OrtValue:
    """An array, under onnxruntime's interface of one.

    Examples
    --------
    >>> import numpy as np
    >>> import fourfold as ort
    >>> value = ort.OrtValue.ortvalue_from_numpy(np.ones((2, 3), np.float32))
    >>> value.shape(), value.data_type()
    ([2, 3], 'tensor(float)')
    """

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    @classmethod
    def ortvalue_from_numpy(
        cls, array: np.ndarray, device_type: str = "cpu", device_id: int = 0
    ) -> OrtValue:
        """Return a value that holds a copy of an array."""
        _check_device(device_type)
        return cls(np.array(array))

    @classmethod
    def ortvalue_from_shape_and_type(
        cls,
        shape: list[int],
        element_type: Any = np.float32,
        device_type: str = "cpu",
        device_id: int = 0,
    ) -> OrtValue:
        """Return a value of zeros."""
        _check_device(device_type)
        return cls(np.zeros(shape, element_type))

    def numpy(self) -> np.ndarray:
        """Return the array."""
        return self._array

    def update_inplace(self, array: np.ndarray) -> None:
        """Copy another array's elements into this one."""
        self._array[...] = array

    def shape(self) -> list[int]:
        """Return the sizes."""
        return list(self._array.shape)

    def data_type(self) -> str:
        """Return the type: ``"tensor(float)"``."""
        return tensor_type(self._array.dtype)

    def data_ptr(self) -> int:
        """Return the address of the first element."""
        return int(self._array.ctypes.data)

    def device_name(self) -> str:
        """Return ``"cpu"``."""
        return "cpu"

    def is_tensor(self) -> bool:
        """Return True."""
        return True

    def has_value(self) -> bool:
        """Return True."""
        return True


class IOBinding:
    """Inputs and outputs of a session that are bound once, for many runs.

    Examples
    --------
    >>> import numpy as np
    >>> import onnx.parser
    >>> import fourfold as ort
    >>> model = onnx.parser.parse_model('''
    ...     <ir_version: 8, opset_import: ["" : 17]>
    ...     agraph (float[3] x) => (float[3] y) { y = Relu(x) }''')
    >>> session = ort.InferenceSession(model)
    >>> binding = session.io_binding()
    >>> binding.bind_cpu_input("x", np.array([-1, 0, 2], np.float32))
    >>> binding.bind_output("y")
    >>> session.run_with_iobinding(binding)
    >>> binding.copy_outputs_to_cpu()
    [array([0., 0., 2.], dtype=float32)]
    """

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self._inputs: dict[str, OrtValue] = {}
        self._outputs: dict[str, OrtValue | None] = {}
        self._results: list[OrtValue] = []

    def bind_cpu_input(self, name: str, array: np.ndarray) -> None:
        """Bind an array to an input."""
        self._inputs[name] = OrtValue(array)

    def bind_ortvalue_input(self, name: str, value: OrtValue) -> None:
        """Bind a value to an input."""
        self._inputs[name] = value

    def bind_output(self, name: str, device_type: str = "cpu", device_id: int = 0) -> None:
        """Ask for an output; each run makes a new array for it."""
        _check_device(device_type)
        self._outputs[name] = None

    def bind_ortvalue_output(self, name: str, value: OrtValue) -> None:
        """Ask for an output, to be written into a value of its shape and type."""
        self._outputs[name] = value

    def clear_binding_inputs(self) -> None:
        """Forget the inputs."""
        self._inputs.clear()

    def clear_binding_outputs(self) -> None:
        """Forget the outputs."""
        self._outputs.clear()

    def synchronize_inputs(self) -> None:
        """Do nothing: inputs are in memory."""

    def synchronize_outputs(self) -> None:
        """Do nothing: outputs are in memory."""

    def get_outputs(self) -> list[OrtValue]:
        """Return the outputs of the last run."""
        return list(self._results)

    def copy_outputs_to_cpu(self) -> list[np.ndarray]:
        """Return the outputs of the last run as arrays."""
        return [value.numpy() for value in self._results]

    def run(self) -> None:
        """Run the session on what is bound."""
        feed = {name: value.numpy() for name, value in self._inputs.items()}
        arrays = self._session.run(list(self._outputs), feed)
        self._results = [
            _written(name, bound, array)
            for (name, bound), array in zip(self._outputs.items(), arrays, strict=True)
        ]


def _written(name: str, bound: OrtValue | None, array: np.ndarray) -> OrtValue:
    """Return an output as a value: the bound one, with the output's elements, if there is one."""
    if bound is None:
        return OrtValue(array)
    if bound.numpy().shape != array.shape or bound.numpy().dtype != array.dtype:
        raise ValueError(
            f"the value bound to output {name!r} is {bound.data_type()} {bound.shape()}, "
            f"the output {tensor_type(array.dtype)} {list(array.shape)}"
        )
    bound.update_inplace(array)
    return bound


def _check_device(device_type: str) -> None:
    if device_type.lower() != "cpu":
        raise ValueError(f"device_type: expected 'cpu', received {device_type!r}")
