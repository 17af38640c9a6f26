"""Outputs are those recorded in golden.json, whatever the CPU: the same file serves every one."""

import json

import pytest

from golden_cases import CASES, FILE, digest

RECORDED = json.loads(FILE.read_text(encoding="ascii"))


def test_every_case_is_recorded():
    assert list(RECORDED) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_recorded(isa, name):
    assert digest(CASES[name]()) == RECORDED[name], "write golden.json anew if that is intended"


def test_a_changed_bit_is_noticed():
    arrays = list(CASES["dequantize"]())
    before = digest(arrays)
    arrays[3].view("uint32").flat[-1] ^= 1
    assert digest(arrays) != before
