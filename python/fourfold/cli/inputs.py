"""Models and data from files. Nothing is unpickled unless the user says so."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from fourfold.errors import ModelFileError, UnsupportedModelError

DATA_SUFFIXES = (".npy", ".npz", ".csv")


def read_model(path: Path, *, allow_pickle: bool) -> Any:
    """Return the ``Sequential`` or, if pickles are allowed, the estimator in a file.

    Raises
    ------
    UnsupportedModelError
        If the file is no ``Sequential``'s, and pickles are not allowed.
    ValueError
        If the pickle can't be read.
    """
    from fourfold.sequential import Sequential

    try:
        return Sequential.load(path)
    except ModelFileError as error:
        if not allow_pickle:
            raise UnsupportedModelError(
                f"{error}. If it is a pickled scikit-learn estimator that you trust (a pickle can "
                "run any code), pass --allow-pickle"
            ) from None
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:  # a pickle can raise anything
        raise ValueError(f"{path}: not a pickle that can be read: {error!r}") from error


def read_data(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Return rows and, if the file has them too, labels: the arrays X and y of an .npz.

    Raises
    ------
    ValueError
        If the file is not of one of the three kinds, or holds something else.
    """
    if path.suffix == ".npz":
        arrays = _read_npz(path)
        if "X" in arrays:
            return arrays["X"], arrays.get("y")
        return _only_array(path, arrays), None
    return _read_array(path), None


def read_labels(path: Path) -> np.ndarray:
    """Return labels: one array, numbers or strings. Raises what `read_data` raises."""
    if path.suffix == ".npz":
        arrays = _read_npz(path)
        labels = arrays["y"] if "y" in arrays else _only_array(path, arrays)
    else:
        labels = _read_array(path, numbers_only=False)
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _read_array(path: Path, *, numbers_only: bool = True) -> np.ndarray:
    if path.suffix == ".npy":
        array: np.ndarray = np.load(path, allow_pickle=False)
        return array
    if path.suffix == ".csv":
        return _read_csv(path, numbers_only=numbers_only)
    raise ValueError(f"{path}: data are read from {', '.join(DATA_SUFFIXES)}, not {path.suffix!r}")


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        # np.load given a path leaves it open where it is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path}: {error}") from None


def _only_array(path: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    if len(arrays) != 1:
        raise ValueError(
            f"{path}: has the arrays {sorted(arrays)}; expected X (and y), or one alone"
        )
    return next(iter(arrays.values()))


def _read_csv(path: Path, *, numbers_only: bool) -> np.ndarray:
    """Return the table, [rows, columns]; a first line that is not all numbers is a heading."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    if not first.strip():
        raise ValueError(f"{path}: the file is empty")
    heading = 0 if all(map(_is_number, first.split(","))) else 1
    try:
        return np.loadtxt(path, np.float64, comments=None, delimiter=",", skiprows=heading, ndmin=2)
    except ValueError as error:
        if numbers_only:
            raise ValueError(f"{path}: {error}") from None
    return np.loadtxt(path, np.str_, comments=None, delimiter=",", ndmin=2, encoding="utf-8")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
