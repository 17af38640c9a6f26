"""What the kernels run on: the instruction set and the number of threads, for the whole process."""

from __future__ import annotations

from operator import index

from fourfold import _core
from fourfold.errors import describe_type

MAX_THREADS = 1024  # kMaxThreads in cpp/base/thread_pool.h


def supported_isas() -> list[str]:
    """Return the instruction sets that this build has kernels for and this machine runs.

    The environment variable ``FOURFOLD_ISA`` hides those that are better than the one it names.

    Returns
    -------
    list of str
        From the slowest, always "scalar", to the best.

    Raises
    ------
    ValueError
        If ``FOURFOLD_ISA`` names no instruction set that is supported.

    Examples
    --------
    >>> import fourfold as ff
    >>> ff.supported_isas()[0]
    'scalar'
    """
    return _core.supported_isas()


def active_isa() -> str:
    """Return the instruction set in use: the best of ``supported_isas()``, or that of ``use_isa``.

    Raises
    ------
    ValueError
        As ``supported_isas``.

    Examples
    --------
    >>> import fourfold as ff
    >>> ff.active_isa() in ff.supported_isas()
    True
    """
    return _core.active_isa()


def use_isa(name: str) -> None:
    """Select an instruction set. Results have the same bits on all of them.

    Parameters
    ----------
    name : str
        One of ``supported_isas()``.

    Raises
    ------
    TypeError
        If the name is not a string.
    ValueError
        If the name is unknown or not supported; the selection stays as it was.

    Examples
    --------
    >>> import fourfold as ff
    >>> before = ff.active_isa()
    >>> ff.use_isa("scalar")
    >>> ff.active_isa()
    'scalar'
    >>> ff.use_isa(before)
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {describe_type(name)}")
    _core.use_isa(name)


def get_threads() -> int:
    """Return the number of threads that a call may use.

    By default as many as the process is allowed to run on: its affinity and its cgroup's quota.

    Examples
    --------
    >>> import fourfold as ff
    >>> ff.get_threads() >= 1
    True
    """
    return _core.get_threads()


def set_threads(threads: int) -> None:
    """Set the number of threads that a call may use. Results do not depend on it.

    Parameters
    ----------
    threads : int
        From 1 to 1024.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If it is out of that range.

    Examples
    --------
    >>> import fourfold as ff
    >>> before = ff.get_threads()
    >>> ff.set_threads(1)
    >>> ff.set_threads(before)
    """
    _core.set_threads(check_threads(threads))


def check_threads(threads: int) -> int:
    """Return a number of threads, or raise as ``set_threads`` does."""
    try:
        count = index(threads)
    except TypeError:
        raise TypeError(f"threads must be a whole number, got {describe_type(threads)}") from None
    if not 1 <= count <= MAX_THREADS:
        raise ValueError(f"threads must be from 1 to {MAX_THREADS}, got {count}")
    return count
