"""What tests/golden.json records: fixed inputs, and the SHA-256 of what comes of them.

Where a result changes on purpose, this writes the file anew, with the scalar kernels on one thread:

    python tests/golden_cases.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np

import fourfold as ff
from golden import convolutions, int8_tensors, kernels, networks, recurrent

FILE = Path(__file__).parent / "golden.json"

CASES = {
    **kernels.CASES,
    **convolutions.CASES,
    **int8_tensors.CASES,
    **recurrent.CASES,
    **networks.CASES,
}


def digest(arrays):
    """SHA-256 over the arrays' types, shapes and values; every NaN counts as the same."""
    sha = hashlib.sha256()
    for array in arrays:
        values = array
        if array.dtype == np.float32:
            values = np.where(np.isnan(array), np.float32(np.nan), array)
        little_endian = values.astype(array.dtype.newbyteorder("<"))
        sha.update(f"{little_endian.dtype.str}{little_endian.shape}".encode())
        sha.update(little_endian.tobytes())
    return sha.hexdigest()


def write():
    ff.use_isa("scalar")
    ff.set_threads(1)
    found = {name: digest(case()) for name, case in CASES.items()}
    FILE.write_text(json.dumps(found, indent=2) + "\n", encoding="ascii")


if __name__ == "__main__":
    write()
