"""Packs what a browser component needs into one stretch of bytes, which is what Streamlit sends as it is.

    uint32 (little endian)  length of the header in bytes, padding included
    UTF-8 JSON              the header, padded with spaces so that what follows starts at a multiple of 8
    arrays                  one after the other, each at a multiple of 8

The header's `arrays` says for each name its type, its shape and where it starts, in bytes from the header's end.
assets/browser/packing.js reads it. The bytes are the same for the same content: the browser keeps a message that it
has seen and is not sent it again.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

ALIGNMENT = 8
TYPES = ("float32", "int32", "uint8")


def pack(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Header (plain JSON values) and arrays (float32, int32 or uint8) as one block. `arrays` is a name of our own."""
    bodies, places, offset = [], {}, 0
    for name, array in arrays.items():
        bodies.append(_body(name, array))
        places[name] = {"type": array.dtype.name, "shape": list(array.shape), "offset": offset}
        offset += len(bodies[-1])
    text = _text({**header, "arrays": places})
    return b"".join([len(text).to_bytes(4, "little"), text, *bodies])


def _text(header: Mapping[str, Any]) -> bytes:
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return text + b" " * (-(len(text) + 4) % ALIGNMENT)


def _body(name: str, array: npt.NDArray[Any]) -> bytes:
    if array.dtype.name not in TYPES:
        raise TypeError(f"the array {name} is {array.dtype}: a browser is sent one of {', '.join(TYPES)}")
    body = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
    return body + bytes(-len(body) % ALIGNMENT)
