"""Methods that an instance has only if the original had them."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


class offered(Generic[T, P, R]):  # noqa: N801 - a decorator
    """Decorate a method so that an instance has it only if its ``offers`` names it.

    ``hasattr`` is how scikit-learn asks what an estimator can do.
    """

    def __init__(self, function: Callable[Concatenate[T, P], R]) -> None:
        self._function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    @overload
    def __get__(self, instance: None, owner: type[T]) -> Callable[Concatenate[T, P], R]: ...
    @overload
    def __get__(self, instance: T, owner: type[T]) -> Callable[P, R]: ...
    def __get__(self, instance: Any, owner: type[T]) -> Callable[..., R]:
        if instance is None:
            return self._function
        if self.__name__ not in instance.offers:
            raise AttributeError(
                f"this {owner.__name__} has no method {self.__name__!r}, for the "
                f"{instance.original_name} that it was made from had none; it has "
                f"{', '.join(sorted(instance.offers))}"
            )
        return MethodType(self._function, instance)
