"""Results worth keeping: a few fitted baselines stay in memory, each made once however many threads ask for it."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np

from aecore.data.image_set import ImageSet

Result = TypeVar("Result")

LOOKED_AT = 64  # images whose bytes name a set: enough to tell any two subsets of a data set apart in practice


class Kept(Generic[Result]):
    """The last `most` results by key. A second thread that asks for one in the making waits for it, others do not."""

    def __init__(self, most: int):
        self._most = most
        self._results: OrderedDict[Hashable, Result] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """The result of `key`, made now if it is not there."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._results:  # another thread made it meanwhile
                    return self._results[key]
            result = make()
            self._keep(key, result)
            return result

    def _keep(self, key: Hashable, result: Result) -> None:
        with self._lock:
            self._results[key] = result
            self._making.pop(key, None)
            while len(self._results) > self._most:
                self._results.popitem(last=False)


def identity(images: ImageSet) -> str:
    """A name for the content of a set: its shape and the bytes of images evenly spread over it."""
    content = hashlib.sha256(repr(images.images.shape).encode())
    for index in np.linspace(0, len(images) - 1, min(len(images), LOOKED_AT)).astype(np.int64):
        content.update(np.ascontiguousarray(images.images[index]).tobytes())
    return content.hexdigest()
