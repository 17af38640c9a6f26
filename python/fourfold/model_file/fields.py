"""Typed access to parsed JSON: the error for a wrong field says where it stands and what it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from reprlib import repr as short
from typing import Any, TypeVar

from fourfold.errors import ModelFileError

T = TypeVar("T")

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


class MalformedError(Exception):
    """What is wrong with a file's contents, without the file's name: `naming` adds that."""


@contextmanager
def naming(origin: str) -> Iterator[None]:
    """Turn a `MalformedError` inside the block into a `ModelFileError` about ``origin``."""
    try:
        yield
    except MalformedError as error:
        raise ModelFileError(f"{origin}: {error}") from None


def expect(value: Any, kind: type[T], where: str) -> T:
    """Return ``value`` if its JSON type is exactly ``kind`` (true is no integer, 1 no float)."""
    if type(value) is not kind:
        raise MalformedError(f"{where} must be {_NAMES[kind]}, not {short(value)}")
    return value


def take(record: dict[str, Any], key: str, kind: type[T], where: str) -> T:
    """Return ``record[key]``, which must be there and of ``kind``."""
    if key not in record:
        raise MalformedError(f"{where} lacks {key!r}")
    return expect(record[key], kind, f"{where}.{key}")


def closed(record: dict[str, Any], keys: Collection[str], where: str) -> None:
    """Refuse keys that nobody would read."""
    unknown = sorted(set(record).difference(keys))
    if unknown:
        raise MalformedError(f"{where} has unknown keys: {short(unknown)}")


def natural(value: Any, limit: int, where: str) -> int:
    """Return an integer in [0, limit]."""
    number = expect(value, int, where)
    if not 0 <= number <= limit:
        raise MalformedError(f"{where} must lie in 0..{limit}, not {number}")
    return number


def naturals(value: Any, limit: int, where: str) -> tuple[int, ...]:
    """Return a list of integers in [0, limit] as a tuple."""
    return tuple(
        natural(item, limit, f"{where}[{i}]") for i, item in enumerate(expect(value, list, where))
    )
