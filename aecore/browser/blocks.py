"""Large arrays that a browser fetches by itself, beside the message that names them.

A message of Streamlit is sent whole before anything of it can be drawn. 70,000 pictures take 55 MB: they come after the
points of a map are on screen, and once for all runs that were trained on them. A block is known by the hash of its
content, so that a browser may keep it for ever and no other content can ever stand at its address.

    /lab/blocks/<hash>   the bytes of an array, little endian, row after row

The server forgets a block when nothing holds it any longer: whoever makes a scene keeps its blocks with it. A page that
is saved as one file has its blocks inside.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from aecore.browser.packing import TYPES

ADDRESS = "/lab/blocks/"  # on the lab's server; a hash is put behind it


@dataclass(frozen=True, eq=False)
class Block:
    """An array as it travels."""

    hash: str
    array: npt.NDArray[Any]

    @property
    def place(self) -> dict[str, Any]:
        """What a message says of it: type, shape and hash."""
        return {"type": self.array.dtype.name, "shape": list(self.array.shape), "hash": self.hash}

    def content(self) -> bytes:
        """The bytes, row after row."""
        return bytes(_bytes(self.array))


_known: WeakValueDictionary[str, Block] = WeakValueDictionary()


def as_block(array: npt.NDArray[Any]) -> Block:
    """The block of an array (float32, int32 or uint8), which can be fetched from now on as long as somebody holds it.

    The array is not copied where it is contiguous: it must not be changed afterwards.
    """
    if array.dtype.name not in TYPES:
        raise TypeError(f"an array is {array.dtype}: a browser is sent one of {', '.join(TYPES)}")
    body = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    name = hashlib.sha256(f"{body.dtype} {body.shape}".encode())
    name.update(_bytes(body))
    return _known.setdefault(name.hexdigest(), Block(name.hexdigest(), body))


def places(blocks: Mapping[str, Block]) -> dict[str, dict[str, Any]]:
    """What a message says of several."""
    return {name: each.place for name, each in blocks.items()}


def found(block_hash: str) -> Block | None:
    """The block of this hash, while somebody holds it."""
    return _known.get(block_hash)


def _bytes(array: npt.NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
