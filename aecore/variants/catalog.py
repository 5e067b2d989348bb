"""The variants there are, in the order of the lecture: what the files of `aecore.variants.systems` declare.

Needs no torch.
"""

import importlib
import pkgutil

from aecore.errors import SettingError
from aecore.variants import systems
from aecore.variants.variant import Variant


def _declared() -> list[Variant]:
    """The `VARIANT` of each file. TypeError for a file without one."""
    found = []
    for file in pkgutil.iter_modules(systems.__path__):
        declared = getattr(importlib.import_module(f"{systems.__name__}.{file.name}"), "VARIANT", None)
        if not isinstance(declared, Variant):
            raise TypeError(f"{systems.__name__}.{file.name} must say VARIANT = Variant(...)")
        found.append(declared)
    return sorted(found, key=lambda each: each.place)


VARIANTS: dict[str, Variant] = {each.key: each for each in _declared()}


def variant(key: object) -> Variant:
    """The variant called `key`; SettingError naming those that exist."""
    if not isinstance(key, str) or key not in VARIANTS:
        raise SettingError(f"There is no variant {key!r}: choose one of {', '.join(VARIANTS)}.")
    return VARIANTS[key]
