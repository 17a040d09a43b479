"""One hash of some arrays."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.system.memory import in_pieces


def digest_of(*arrays: NDArray[Any], label: str = "") -> str:
    """SHA-256 over shapes, types and bytes, in hex, of arrays of one dimension or more."""
    digest = hashlib.sha256(label.encode())
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        for part in in_pieces(array) if array.size else ():
            digest.update(np.ascontiguousarray(part).view(np.uint8).data)
    return digest.hexdigest()
