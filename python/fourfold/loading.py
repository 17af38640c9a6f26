"""``fourfold.load``: a model file, as the drop-in that was saved."""

from __future__ import annotations

from typing import Any

from fourfold.errors import ModelFileError
from fourfold.model_file import Source, load_model
from fourfold.wrapping import wrap


def load(path: Source, *, verify: bool = False) -> Any:
    """Load a quantized model.

    The file is mapped into memory, not read: loading takes milliseconds whatever its size, and
    processes that load one file share it. Nothing in it is unpickled, or run on loading.

    Parameters
    ----------
    path : str, path-like, bytes, bytearray or memoryview
        The file that ``save`` wrote, or its contents.
    verify : bool
        Read all of the file and compare its checksums. Without it the structure is checked, and the
        header's checksum, but a weight that a bad disk changed goes unseen.

    Returns
    -------
    QuantizedSequential, QuantizedEstimator or InferenceSession
        The model, with the interface of the one that was quantized, and the same bits in its
        outputs as before it was saved; its ``stats`` are the figures measured then, and there.

    Raises
    ------
    ModelFileError
        If the file is truncated, damaged, of a newer format, or no model file at all.
    UnsupportedModelError
        If onnxruntime has to run parts of the model, and is not installed, or cannot.
    FileNotFoundError, PermissionError, IsADirectoryError
        As ``open`` raises them.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> import fourfold as ff
    >>> network = ff.Sequential([ff.Dense(np.eye(256))])
    >>> result = ff.quantize_model(network, np.eye(256), gate=ff.Gate(min_speedup=0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result.model.save(f"{folder}/model.ff")
    ...     model = ff.load(f"{folder}/model.ff", verify=True)
    >>> bool(np.all(model(np.eye(256)) == result.model(np.eye(256))))
    True
    """
    loaded = load_model(path, verify=verify)
    try:
        model = wrap(loaded.kind, loaded.program, loaded.interface, loaded.interface_arrays)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ModelFileError(f"{loaded.origin}: the interface does not fit: {error!r}") from error
    model.stats = loaded.stats
    return model
