"""Loading torch without looking for garbage.

Its import makes 240,000 objects, and all of them stay. Python looks through them for garbage again and again while they
come, and once more at the end of the process: of 3.1 s of processor time for loading torch and ending, that was 0.8 s,
most of it at the end. Here the search rests while torch is imported, and what was imported is never searched again.
"""

import gc
import sys


def load_torch() -> None:
    """Import torch. Does nothing where it is loaded already."""
    if "torch" in sys.modules:
        return
    gc.collect()  # what the caller has already thrown away shall not be kept for ever
    gc.disable()
    try:
        import torch  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()
