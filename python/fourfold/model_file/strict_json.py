"""JSON as a model file may hold it: small, shallow, finite, every key once."""

from __future__ import annotations

import json
import math
import re
from reprlib import repr as short
from typing import Any, NoReturn

from fourfold.model_file.fields import MalformedError

MAX_DEPTH = 32
# 64-bit integers have 20 digits. Longer ones would cost quadratic time to convert on Python 3.10.
_MAX_INTEGER_DIGITS = 20
_BRACKET = re.compile(r"[\[\]{}]")


def parse(text: str, where: str) -> Any:
    """Return what ``text`` holds, or raise `MalformedError` with ``where`` in its sentence."""
    _check_depth(text, where)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        raise MalformedError(f"{where} is not valid JSON: {error}") from None
    except MalformedError as error:
        raise MalformedError(f"{where}: {error}") from None


def canonical(value: Any) -> str:
    """Return the one text that a value is hashed as: ASCII, no spaces, keys in their own order.

    Parsing it and writing it again gives the same text: floats are printed so that they round-trip.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _check_depth(text: str, where: str) -> None:
    """Refuse deep nesting before a recursive parser meets it."""
    outside_strings = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    depth = 0
    for bracket in _BRACKET.finditer(outside_strings):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise MalformedError(f"{where} is nested deeper than {MAX_DEPTH} levels")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key, value in pairs:
        if key in record:
            raise MalformedError(f"the key {short(key)} appears twice")
        record[key] = value
    return record


def _refuse_constant(literal: str) -> NoReturn:
    raise MalformedError(f"{literal} is not a finite number")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_INTEGER_DIGITS:
        raise MalformedError(f"an integer of {len(digits)} digits is too long")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise MalformedError(f"{digits[:40]} is not a finite number")
    return value
