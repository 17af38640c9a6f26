"""Kernels and drivers touch nothing outside their operands, and write to none but their results.

Every operand lies flush against a page without access: at its end, and, in another round, at its
start. All calls in kernel_calls/ run under every ISA.
"""

import itertools
from pathlib import Path

import numpy as np
import pytest

from fourfold import _core
from guarded import SIDES, guarded, needs_guard_pages
from kernel_calls.families import FAMILIES
from kernel_calls.parts import float32, int8
from program_parts import linear_s8_constants, padded, step
from reference import assert_same_bits, pad_columns

kernels = _core.kernels
pytestmark = needs_guard_pages

FAMILY_FOLDERS = Path(__file__).parent.parent / "cpp" / "kernels"
POISON = 0x55  # in each byte of an output before the call: what is left of it was not written


def assert_stays_inside(side, function, operands, options):
    """The same bits whether or not operands and results are guarded."""
    expected = function(*operands, **options)
    inputs = [
        guarded(operand, side, read_only=True) if isinstance(operand, np.ndarray) else operand
        for operand in operands
    ]
    actual = function(*inputs, **options, **poisoned_out(expected, side))
    if not isinstance(expected, tuple):
        actual, expected = (actual,), (expected,)
    for one, other in zip(actual, expected, strict=True):
        assert_same_bits(one, other)


def poisoned_out(result, side):
    """The argument `out` for a call with such a result: guarded memory. Numbers need none."""
    parts = result if isinstance(result, tuple) else (result,)
    if not isinstance(parts[0], np.ndarray):
        return {}
    outs = tuple(guarded(part, side) for part in parts)
    for out in outs:
        out.view(np.uint8)[...] = POISON
    return {"out": outs if isinstance(result, tuple) else outs[0]}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("family", FAMILIES)
def test_kernels(isa, rng, family, side):
    for function, operands, options in FAMILIES[family](rng):
        assert_stays_inside(side, function, operands, options)


@pytest.mark.skipif(not FAMILY_FOLDERS.is_dir(), reason="needs the C++ sources beside the tests")
def test_no_family_is_left_out():
    families = {path.parent.name for path in FAMILY_FOLDERS.glob("*/kernels.inc")}
    assert families == set(FAMILIES)


def linear_f32_stays_inside(rng, side, rows, depth, columns, kind):
    packed = _core.pack_f32(float32(rng, depth, columns))
    operands = [float32(rng, rows, depth), packed, pad_columns(float32(rng, columns))]
    options = {"columns": columns, "activation": kind}
    assert_stays_inside(side, kernels.linear_f32, operands, options)


def linear_s8_stays_inside(rng, side, rows, depth, columns, form):
    """Its scratch is guarded as well."""
    kind, input_form, has_residual, output_scale = form
    x, input_scale = {
        "dynamic": (float32(rng, rows, depth), None),
        "fixed": (float32(rng, rows, depth), 0.02),
        "int8": (int8(rng, rows, depth), 0.02),
        "int8 by row": (int8(rng, rows, depth), float32(rng, rows)),
    }[input_form]
    residual = float32(rng, rows, columns) if has_residual else None
    operands = [x, *linear_s8_constants(rng, depth, columns), residual, input_scale]
    options = {"columns": columns, "activation": kind, "output_scale": output_scale}
    scratch_bytes = kernels.linear_s8_scratch_bytes(rows, depth, columns, output_scale)
    options["scratch"] = guarded(np.zeros(scratch_bytes, np.int8), side)
    assert_stays_inside(side, linear_s8, operands, options)


def linear_s8(x, packed, column_scales, bias, residual, input_scale, **options):
    return kernels.linear_s8(
        x, packed, column_scales, bias, residual=residual, input_scale=input_scale, **options
    )


KINDS = ["identity", "relu", "gelu"]
OPERANDS = ["dynamic", "fixed", "int8", "int8 by row"]
OUTPUT_SCALES = [None, 0.05, "rows"]
FORMS = list(itertools.product(KINDS, OPERANDS, [False, True], OUTPUT_SCALES))


@pytest.mark.parametrize("side", SIDES)
def test_linear_layers(isa, rng, side):
    shapes = list(itertools.product([1, 5, 17, 33, 97], [1, 63, 65, 130], [1, 16, 17, 65]))
    for shape, kind in zip(shapes, itertools.cycle(KINDS), strict=False):
        linear_f32_stays_inside(rng, side, *shape, kind)
    for number, form in enumerate(FORMS):
        for shape in shapes[number % 7 :: 7]:
            linear_s8_stays_inside(rng, side, *shape, form)


# Large enough to be shared out among threads, by rows and by columns.
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("shape", [(64, 300, 320), (5, 520, 1300)])
def test_shared_linear_layers(isa, threads, rng, shape, side):
    linear_f32_stays_inside(rng, side, *shape, "gelu")
    for output_scale in OUTPUT_SCALES:
        linear_s8_stays_inside(rng, side, *shape, ("gelu", "dynamic", True, output_scale))


@pytest.mark.parametrize("side", SIDES)
def test_a_program_reads_its_inputs_and_constants_in_place(isa, threads, rng, side):
    inputs = [("x", "float32", (None, 37)), ("residual", "float32", (None, 53))]
    constants = [
        *linear_s8_constants(rng, 37, 53),
        *(float32(rng, 53) for _ in range(3)),
        *(_core.pack_f32(float32(rng, 53, 29)), padded(float32(rng, 29))),
    ]
    steps = [
        step("linear_s8", (0, 2, 3, 4), 10, depth=37, columns=53, activation="gelu"),
        step("affine", (10, 5, 6, 7), 11),
        step("clip", (11,), 12, low=-1.5, high=2),
        step("normalize", (12,), 13, norm="l2"),
        step("add", (13, 1), 14),
        step("linear_f32", (14, 8, 9), 15, depth=53, columns=29),
        step("activation", (15,), 16, kind="softmax"),
    ]
    plain = _core.Program(inputs, constants, steps, (14, 16))
    hemmed_in = [guarded(constant, side, read_only=True) for constant in constants]
    program = _core.Program(inputs, hemmed_in, steps, (14, 16))
    for rows in (1, 7, 100, 1500):
        arguments = float32(rng, rows, 37), float32(rng, rows, 53)
        hemmed_in = [guarded(argument, side, read_only=True) for argument in arguments]
        for one, other in zip(program(*hemmed_in), plain(*arguments), strict=True):
            assert_same_bits(one, other)
