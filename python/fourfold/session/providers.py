"""What models run on, in onnxruntime's words: execution providers, of which the CPU's is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Provider = str | tuple[str, Mapping[str, Any]]


def get_available_providers() -> list[str]:
    """Return the execution providers, in onnxruntime's words: the CPU's alone.

    Examples
    --------
    >>> import fourfold as ort
    >>> ort.get_available_providers()
    ['CPUExecutionProvider']
    """
    return ["CPUExecutionProvider"]


def get_device() -> str:
    """Return what models run on: ``"CPU"``.

    Examples
    --------
    >>> import fourfold as ort
    >>> ort.get_device()
    'CPU'
    """
    return "CPU"


def check_providers(providers: Sequence[Provider] | None) -> None:
    """Check that the CPU's is among them, where any are named.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not providers:
        return
    names = [provider if isinstance(provider, str) else provider[0] for provider in providers]
    if not set(names) & set(get_available_providers()):
        raise ValueError(
            f"providers: expected 'CPUExecutionProvider' among them, received {names}; "
            "fourfold runs on the CPU"
        )
