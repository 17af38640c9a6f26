"""A part of a program: one of its outputs, without the steps that only the others need."""

from __future__ import annotations

from dataclasses import replace

from fourfold.graph.program import ProgramSpec, Step


def select_output(spec: ProgramSpec, output: int) -> ProgramSpec:
    """Return the program that computes one output of another, on the same constants.

    Parameters
    ----------
    spec : ProgramSpec
        A program with several outputs.
    output : int
        Which one, counted from 0.
    """
    first = len(spec.inputs) + len(spec.constants)
    wanted: set[int | None] = {spec.outputs[output]}
    kept: list[Step] = []
    for step in reversed(spec.steps):
        if wanted.intersection(step.outputs):
            wanted.update(step.inputs)
            kept.insert(0, step)
    # Inputs and constants keep their numbers; the results of the steps move together.
    results = [value for step in kept for value in step.outputs]
    number: dict[int | None, int] = {value: value for value in range(first)}
    number |= {value: first + index for index, value in enumerate(results)}
    steps = [
        replace(
            step,
            inputs=tuple(None if value is None else number[value] for value in step.inputs),
            outputs=tuple(number[value] for value in step.outputs),
        )
        for step in kept
    ]
    return replace(
        spec,
        steps=tuple(steps),
        outputs=(number[spec.outputs[output]],),
        output_names=(spec.output_names[output],),
    )
