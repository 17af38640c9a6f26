"""Models and data from files. Nothing is unpickled unless the user says so."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fourfold.cli.onnx_files import is_onnx
from fourfold.errors import ModelFileError, UnsupportedModelError
from fourfold.model_file import Container, LoadedModel, load_model, read_container
from fourfold.sequential import FILE_KIND, Sequential

Feeds = dict[str, np.ndarray]

DATA_SUFFIXES = (".npy", ".npz", ".csv")


@dataclass(frozen=True)
class FloatNetwork:
    """A file that ``Sequential.save`` wrote, and the network in it."""

    container: Container
    network: Sequential


def read_any_model(path: Path, *, verify: bool = False) -> FloatNetwork | LoadedModel:
    """Return the float32 network or the quantized model in a model file.

    Raises
    ------
    ModelFileError
        If it is neither's, or damaged.
    """
    container = read_container(path, verify=verify)
    if container.kind == FILE_KIND:
        return FloatNetwork(container, Sequential.load(path))
    return load_model(path)


def read_model(path: Path, *, allow_pickle: bool) -> Any:
    """Return the ``Sequential`` or, if pickles are allowed, the estimator in a file.

    An ONNX model is its path: ``quantize_model`` reads it.

    Raises
    ------
    UnsupportedModelError
        If the file is no model file, and pickles are not allowed; or it holds an INT8 model.
    ValueError
        If the model file is damaged, or the pickle can't be read.
    """
    if is_onnx(path):
        return path
    try:
        container = read_container(path)
    except ModelFileError as error:
        if allow_pickle:
            return _read_pickle(path)
        raise UnsupportedModelError(
            f"{error}. If it is a pickled scikit-learn estimator that you trust (a pickle can "
            "run any code), pass --allow-pickle"
        ) from None
    if container.kind != FILE_KIND:
        raise UnsupportedModelError(
            f"{path}: holds a {container.kind!r} model that is in INT8 already; pass the original, "
            "a file that Sequential.save wrote"
        )
    return Sequential.load(path)


def _read_pickle(path: Path) -> Any:
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:  # a pickle can raise anything
        raise ValueError(f"{path}: not a pickle that can be read: {error!r}") from error


def read_data(
    path: Path, names: Sequence[str] = ()
) -> tuple[np.ndarray | Feeds, np.ndarray | None]:
    """Return rows and, if the file has them too, labels: the arrays X and y of an .npz.

    For a model with named inputs an .npz has an array for each, and perhaps y.

    Raises
    ------
    ValueError
        If the file is not of one of the three kinds, or holds something else.
    """
    if path.suffix == ".npz":
        arrays = _read_npz(path)
        if names and set(names) <= set(arrays):
            return _by_name(path, arrays, names)
        if len(names) > 1:
            raise ValueError(
                f"{path}: has the arrays {sorted(arrays)}; expected the model's inputs "
                f"{list(names)} (and y)"
            )
        if "X" in arrays:
            return arrays["X"], arrays.get("y")
        return _only_array(path, arrays), None
    return _read_array(path), None


def _by_name(
    path: Path, arrays: dict[str, np.ndarray], names: Sequence[str]
) -> tuple[Feeds, np.ndarray | None]:
    feeds = {name: arrays.pop(name) for name in names}
    labels = arrays.pop("y", None)
    if arrays:
        raise ValueError(
            f"{path}: has the arrays {sorted(arrays)}, which are no inputs of the model's, "
            f"{list(names)}"
        )
    return feeds, labels


def in_batches(rows: np.ndarray | Feeds, size: int | None) -> Any:
    """Cut rows into batches of ``size``, the last perhaps smaller; None leaves them whole.

    Of named arrays, those without rows or with a single one are in every batch.

    Raises
    ------
    ValueError
        If named arrays have different numbers of rows.
    """
    if size is None:
        return rows
    if not isinstance(rows, dict):
        return [rows[start : start + size] for start in range(0, len(rows), size)]
    counts = {name: len(array) for name, array in rows.items() if array.ndim and len(array) > 1}
    if len(set(counts.values())) > 1:
        raise ValueError(f"arrays to be cut into batches must have equally many rows, got {counts}")
    starts = range(0, max(counts.values(), default=1), size)
    return [
        {name: array[i : i + size] if name in counts else array for name, array in rows.items()}
        for i in starts
    ]


def read_labels(path: Path) -> np.ndarray:
    """Return labels: one array, numbers or strings. Raises what `read_data` raises.

    Text does not say what kind its numbers are: those of a .csv are integers, and so classes, where
    all of them are whole.
    """
    if path.suffix == ".npz":
        arrays = _read_npz(path)
        labels = arrays["y"] if "y" in arrays else _only_array(path, arrays)
    else:
        labels = _read_array(path, numbers_only=False)
    if path.suffix == ".csv" and labels.dtype.kind == "f" and _are_exact_integers(labels):
        labels = labels.astype(np.int64)
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _are_exact_integers(values: np.ndarray) -> bool:
    return bool(np.all((values == np.floor(values)) & (np.abs(values) < 2**53)))


def _read_array(path: Path, *, numbers_only: bool = True) -> np.ndarray:
    if path.suffix == ".npy":
        return _read_npy(path)
    if path.suffix == ".csv":
        return _read_csv(path, numbers_only=numbers_only)
    raise ValueError(f"{path}: data are read from {', '.join(DATA_SUFFIXES)}, not {path.suffix!r}")


def _read_npy(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as file:
            array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
            return array
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        # Given a path, NumPy leaves it open where it is no archive.
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
            return dict(archive)
    except (zipfile.BadZipFile, ValueError) as error:
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
