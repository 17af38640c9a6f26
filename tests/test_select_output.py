"""One output of a program, without the steps that only the others need."""

import numpy as np
import pytest

import sklearn_models as models
from fourfold.graph.compiled import CompiledProgram
from fourfold.graph.select import select_output


@pytest.mark.parametrize("name", ["standard_logistic", "sgd_log", "sgd_huber", "mlp_relu"])
def test_every_output_alone_has_the_same_bits(name):
    program = models.quantized(models.classifier(name))[0].program
    x = models.data()[0]
    for index, expected in enumerate(program(x)):
        alone = CompiledProgram(select_output(program.spec, index))
        assert alone(x).tobytes() == expected.tobytes()
        assert alone.spec.output_names == (program.spec.output_names[index],)


def test_steps_that_only_others_need_are_left_out():
    spec = models.quantized(models.classifier("logistic"))[0].program.spec
    kinds = [
        [step.attributes.get("kind") for step in select_output(spec, i).steps] for i in range(3)
    ]
    assert kinds == [[None], [None, "softmax"], [None, "log_softmax"]]


def test_constants_are_shared():
    program = models.quantized(models.classifier("logistic"))[0].program
    alone = CompiledProgram(select_output(program.spec, 0))
    for one, other in zip(alone.spec.constants, program.spec.constants, strict=True):
        assert np.shares_memory(one, other)
