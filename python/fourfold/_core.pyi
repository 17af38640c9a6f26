"""The compiled half. Private: the public names of ``fourfold`` reach everything here."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fourfold.graph.ir import Attribute

class Program:
    """A checked list of steps over numbered values (``fourfold.graph.program``), ready to run.

    Raises ``ValueError`` (wrong value, shape, unknown op or attribute) or ``TypeError`` (wrong
    kind) if anything does not fit; nothing runs before all is checked. Keeps the constants
    (C-contiguous, aligned) alive, and reads them in place, not before the first call.
    """

    def __init__(
        self,
        inputs: Sequence[tuple[str, str, Sequence[int | None]]],  # name, dtype, shape
        constants: Sequence[NDArray[Any]],
        steps: Sequence[tuple[str, Sequence[int | None], Sequence[int], Mapping[str, Attribute]]],
        outputs: Sequence[int],
    ) -> None: ...
    max_threads: int  # that a run uses, of those of set_threads; 0: no limit of its own
    def __call__(self, *inputs: ArrayLike) -> Any:
        """Take one array per input; return the output, or a tuple of them if there are several.

        A float32 input takes real numbers of any dtype and layout, and converts them. Raises
        ``TypeError`` for another kind of array or another number of arguments, ``ValueError`` for a
        shape that does not fit. Any number of threads may call at once; the GIL is released.
        """

def op_names() -> list[str]:
    """The ops that a step of a program may name."""

def supported_isas() -> list[str]:
    """ISAs that ``use_isa`` takes, worst first. ``FOURFOLD_ISA`` hides those above it."""

def active_isa() -> str: ...
def use_isa(name: str) -> None: ...
def set_threads(threads: int) -> None: ...
def get_threads() -> int: ...
def thread_budget() -> int:
    """CPUs that the affinity mask and the control groups grant this process, at least 1."""

def cpu_name() -> str: ...
def give_back_freed_memory() -> None:
    """Let the C library return freed memory to the system; nothing where it cannot (glibc can)."""

def activation_names() -> list[str]: ...
def all_finite(x: NDArray[np.float32]) -> bool:
    """No NaN and no Inf in a C-contiguous float32 array of any shape."""

def pack_s8(weight: NDArray[np.int8]) -> NDArray[np.int8]:
    """[depth, columns] in [-127, 127] -> [columns' / 16, depth' / 4, 16, 4], 64-byte aligned."""

def unpack_s8(packed: NDArray[np.int8], depth: int, columns: int) -> NDArray[np.int8]: ...
def stored_s8_shape(depth: int, columns: int) -> tuple[int, ...]:
    """As what a program holds an int8 weight: pack_s8's shape, or plain (depth, columns)."""

def pack_f32(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """[depth, columns] -> [columns' / 16, depth, 16], 64-byte aligned."""

def unpack_f32(packed: NDArray[np.float32], depth: int, columns: int) -> NDArray[np.float32]: ...

# A submodule; as a class it fits into this file. Single kernels under the active ISA, for tests and
# benchmarks. Arrays must be C-contiguous and of exactly these types: checked, never converted, and
# read where they lie. `out` has the shape of the result, which goes there instead of a new array.
class kernels:
    @staticmethod
    def gemm_s8(a: NDArray[np.int8], packed: NDArray[np.int8], columns: int) -> NDArray[np.int32]:
        """[rows, depth] x packed -> [rows, columns]; pads depth and applies the kernel's flip."""
    @staticmethod
    def gemm_s8_block(
        a: NDArray[np.int8],
        packed: NDArray[np.int8],
        column_sums: NDArray[np.int32],
        out: NDArray[np.int32] | None = None,
    ) -> NDArray[np.int32]:
        """The kernel alone: a is padded along depth, and flipped; sums come with their padding."""
    @staticmethod
    def gemm_s8_name(rows: int) -> str:
        """The ISA of the gemm_s8 kernel chosen for so many rows."""
    @staticmethod
    def gemm_s8_flip(rows: int) -> int:
        """What that kernel wants each byte of a xored with: 0 or 128."""
    @staticmethod
    def gemm_s8_depth_step(rows: int) -> int:
        """What that kernel wants depth to be a multiple of: 4, 16 or 64."""
    @staticmethod
    def gemm_s8_column_step(rows: int) -> int:
        """What that kernel wants columns to be a multiple of: 8 or 16."""
    @staticmethod
    def gemm_f32(
        x: NDArray[np.float32],
        packed: NDArray[np.float32],
        bias: NDArray[np.float32],
        columns: int,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def gemm_f32_gathered(
        x: NDArray[np.float32],
        w: NDArray[np.float32],
        offsets: NDArray[np.uint64],
        row_bias: NDArray[np.float32] | None,
        columns: int,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Row d of the right factor starts at w[offsets[d]]; None: no bias."""
    @staticmethod
    def quantize_rows(
        x: NDArray[np.float32],
        depth: int,
        flip: int = 0,
        absmax: NDArray[np.int32] | None = None,  # [rows], from track_absmax: not looked for then
        out: tuple[NDArray[np.int8], NDArray[np.float32]] | None = None,
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """[rows, columns] -> q [rows, depth], scales [rows]."""
    @staticmethod
    def track_absmax(x: NDArray[np.float32], absmax: NDArray[np.int32]) -> None:
        """Raise absmax [rows], the bits of floats, to the largest magnitude in each row of x."""
    @staticmethod
    def quantize_fixed(
        x: NDArray[np.float32],
        depth: int,
        inverse_scale: float,
        flip: int = 0,
        out: NDArray[np.int8] | None = None,
    ) -> NDArray[np.int8]: ...
    @staticmethod
    def dequantize(
        acc: NDArray[np.int32],
        row_scales: NDArray[np.float32],
        column_scales: NDArray[np.float32],
        bias: NDArray[np.float32],
        floor: float = ...,  # -Inf: none
        residual: NDArray[np.float32] | NDArray[np.int8] | None = None,
        residual_scale: float = 1.0,  # of int8
        post: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,  # scales, shifts
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def requantize(
        acc: NDArray[np.int32],
        row_scales: NDArray[np.float32],
        column_scales: NDArray[np.float32],
        bias: NDArray[np.float32],
        inverse_scale: float,
        floor: float = ...,  # -Inf: none
        residual: NDArray[np.float32] | NDArray[np.int8] | None = None,
        residual_scale: float = 1.0,
        post: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
        out: NDArray[np.int8] | None = None,
    ) -> NDArray[np.int8]:
        """quantize_fixed of dequantize."""
    @staticmethod
    def affine_columns(
        x: NDArray[np.float32],
        scale: NDArray[np.float32],
        shift: NDArray[np.float32],
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """[rows, columns] -> the same shape, one scale and shift per column."""
    @staticmethod
    def copy_s8(from_: NDArray[np.int8], to: NDArray[np.int8], flip: int) -> None:
        """Write from_ ^ flip to an array of the same shape [rows, columns]."""
    @staticmethod
    def dequantize_values(x: NDArray[np.int8], scale: float, y: NDArray[np.float32]) -> None: ...
    @staticmethod
    def join_s8(
        kind: str,  # add or mul
        a: NDArray[np.float32] | NDArray[np.int8],  # [rows or 1, columns]
        b: NDArray[np.float32] | NDArray[np.int8],  # so, or float32 [rows or 1, 1]
        y: NDArray[np.float32] | NDArray[np.int8],  # [rows, columns], written
        a_scale: float = 1.0,
        b_scale: float = 1.0,
        inverse_scale: float = 1.0,  # of y, if that is int8
        floor: float = ...,  # -Inf: none
    ) -> None: ...
    @staticmethod
    def depthwise_s8_form() -> tuple[int, int]:
        """How many rows of x make a slot, and what its bytes are flipped by."""
    @staticmethod
    def interleave_s8(
        rows: list[NDArray[np.int8] | None],
        stride: int,  # from one column to the next
        channels: int,
        slots: NDArray[np.int8],  # [columns, channels padded to 16, 4], written
    ) -> None: ...
    @staticmethod
    def depthwise_s8(
        slots: NDArray[np.int8],
        offsets: list[int],  # of each step, in slots
        step: int,  # from one position to the next, in slots
        weights: NDArray[np.int8],
        start: NDArray[np.int32],  # [padded channels]
        channels: int,
        steps: list[int],  # of all rows, of the first of two, of the second
        sums: NDArray[np.int32],  # [rows, columns, padded channels], written
        step_rows: int,  # of the steps and weights: those of sums or more
    ) -> None: ...
    @staticmethod
    def depthwise_plane(
        x: NDArray[np.float32],  # a line of values: what rows of 16 positions read, and more
        offsets: NDArray[np.uint64],  # of the window's columns, in a row of x
        x_stride: int,
        w: NDArray[np.float32],  # [size, size]
        bias: float,
        stride_y: int,
        y: NDArray[np.float32],  # [rows, columns], written
    ) -> None: ...
    @staticmethod
    def depthwise_pixels(
        x: NDArray[np.float32],  # [pixels of x, channels]
        pointers: NDArray[np.uint64],  # which of those: [window rows, (pixels - 1) * step + points]
        step: int,
        w: NDArray[np.float32],  # [window rows, points, channels]
        bias: NDArray[np.float32] | None,
        y: NDArray[np.float32],  # [pixels, channels], written
    ) -> None: ...
    @staticmethod
    def pool(
        kind: str,  # max, sum, mean or product
        x: NDArray[np.float32],  # as of depthwise_plane
        offsets: NDArray[np.uint64],  # of the window's points
        x_stride: int,
        divisors: NDArray[np.float32] | None,  # of mean and product
        y: NDArray[np.float32],  # [rows, columns], written
    ) -> None: ...
    @staticmethod
    def deinterleave(
        x: NDArray[np.float32],
        step: int,
        ranges: list[tuple[int, int]],  # where in a row of each part the values of x go
        border: float,  # what goes elsewhere
        dealt: bool,  # rows 0, 2, .. of a part lie before its rows 1, 3, ..
        y: NDArray[np.float32],  # [parts, rows, columns], written
    ) -> None: ...
    @staticmethod
    def interleave(x: NDArray[np.float32], y: NDArray[np.float32]) -> None:
        """[rows, parts, count] -> [rows, count * parts], which is written."""
    @staticmethod
    def quantize_zero_point(
        x: NDArray[np.float32],
        scales: NDArray[np.float32],  # one for all, or each its own; so zeros
        zeros: NDArray[np.float32],
        flip: int,
        q: NDArray[np.int8],  # written
    ) -> None: ...
    @staticmethod
    def extent(x: NDArray[np.float32]) -> tuple[float, float]: ...
    @staticmethod
    def lstm_cell(
        x: NDArray[np.float32],  # [rows, gates i, o, f, g]
        products: NDArray[np.float32],
        c: NDArray[np.float32],  # [rows, hidden]
        next_c: NDArray[np.float32],  # written, as all that follow
        h: NDArray[np.float32],
        y: NDArray[np.float32],
    ) -> None: ...
    @staticmethod
    def activation(
        kind: str,
        x: NDArray[np.float32],
        alpha: float = 0.0,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """[rows, columns] -> the same shape."""
    @staticmethod
    def absmax(x: NDArray[np.float32]) -> float: ...
    @staticmethod
    def moments(x: NDArray[np.float32]) -> tuple[float, float]: ...
    @staticmethod
    def unary_names() -> list[str]: ...
    @staticmethod
    def unary(
        kind: str,
        x: NDArray[np.float32],
        y: NDArray[np.float32],  # written; may be x
        alpha: float = 0.0,
        beta: float = 0.0,
    ) -> None: ...
    @staticmethod
    def binary_names() -> list[str]: ...
    @staticmethod
    def binary(
        kind: str, a: NDArray[np.float32], b: NDArray[np.float32], y: NDArray[np.float32]
    ) -> None:
        """a and b [rows or 1, columns or 1], broadcast to y [rows, columns], which is written."""
    @staticmethod
    def unit_norm(kind: str, x: NDArray[np.float32], y: NDArray[np.float32]) -> None:
        """Rows of x over their norm, "l1", "l2" or "max", to y."""
    @staticmethod
    def layer_norm(
        x: NDArray[np.float32],
        gamma: NDArray[np.float32],
        beta: NDArray[np.float32] | None,
        epsilon: float,
        y: NDArray[np.float32],  # written; may be x
        residual: NDArray[np.float32] | None = None,
        total: NDArray[np.float32] | None = None,  # x + residual, written
    ) -> None: ...
    @staticmethod
    def rms_norm(
        x: NDArray[np.float32],
        gamma: NDArray[np.float32],
        epsilon: float,
        y: NDArray[np.float32],
        residual: NDArray[np.float32] | None = None,
        total: NDArray[np.float32] | None = None,
    ) -> None: ...
    @staticmethod
    def affine(
        along: str,  # "rows" or "columns": what has a scale and a shift each
        x: NDArray[np.float32],
        scale: NDArray[np.float32],
        shift: NDArray[np.float32],
        y: NDArray[np.float32],
    ) -> None: ...
    @staticmethod
    def linear_s8(
        x: NDArray[np.float32] | NDArray[np.int8],
        packed: NDArray[np.int8],
        column_scales: NDArray[np.float32],
        bias: NDArray[np.float32],
        columns: int,
        activation: str = "identity",
        alpha: float = 0.0,
        *,
        residual: NDArray[np.float32] | None = None,  # [rows, columns]
        input_scale: float | NDArray[np.float32] | None = None,
        output_scale: float | Literal["rows"] | None = None,
        scratch: NDArray[np.int8] | None = None,  # on a 64-byte boundary
        out: Any = None,
    ) -> Any:
        """The whole driver: quantize, multiply, dequantize, add, activate, quantize again.

        float32 x is quantized with input_scale, or by row without one; int8 x was, with one scale
        or one per row. Gives float32; int8 with a number as output_scale; int8 and the scales of
        its rows with "rows".
        """
    @staticmethod
    def linear_s8_scratch_bytes(
        rows: int, depth: int, columns: int, output_scale: float | Literal["rows"] | None = None
    ) -> int:
        """The size of scratch under the active ISA and as many threads as are set."""
    @staticmethod
    def linear_f32(
        x: NDArray[np.float32],
        packed: NDArray[np.float32],
        bias: NDArray[np.float32],
        columns: int,
        activation: str = "identity",
        alpha: float = 0.0,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def choose_blocking(
        *,
        rows: int,
        columns: int,
        depth: int,
        row_tile: int,
        column_block: int,
        row_bytes: int,
        multiply_adds_per_ns: int,
        caches: tuple[int, int, int],  # bytes of L1d, L2, L3
        threads: int,
    ) -> dict[str, int]:
        """The fields of matmul/blocking.h's Blocking, by name."""
    @staticmethod
    def part_of(size: int, step: int, parts: int, index: int) -> tuple[int, int]:
        """Begin and end of one of nearly equal ranges of [0, size), cut at multiples of step."""
    @staticmethod
    def cache_sizes() -> tuple[int, int, int]:
        """Bytes of L1d, L2 and L3 that one core can count on."""

def empty_call(x: NDArray[Any]) -> None:
    """Take an array and do nothing: the floor of one Python/C++ crossing, for benchmarks."""
