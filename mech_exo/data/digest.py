"""One hash of some arrays."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def digest_of(*arrays: NDArray[Any], label: str = "") -> str:
    """SHA-256 over shapes, types and bytes, in hex."""
    digest = hashlib.sha256(label.encode())
    for array in arrays:
        whole = np.ascontiguousarray(array)
        digest.update(repr((whole.shape, whole.dtype.str)).encode())
        digest.update(whole.view(np.uint8).data if whole.size else b"")
    return digest.hexdigest()
