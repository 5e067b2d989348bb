"""The variants there are, in the order of the lecture. Needs no torch."""

from aecore.errors import SettingError
from aecore.variants.convolutional import CONVOLUTIONAL
from aecore.variants.deep import DEEP
from aecore.variants.denoising import DENOISING
from aecore.variants.simple import SIMPLE
from aecore.variants.variant import Variant
from aecore.variants.variational import VARIATIONAL

VARIANTS: dict[str, Variant] = {
    variant.key: variant for variant in (SIMPLE, DEEP, CONVOLUTIONAL, DENOISING, VARIATIONAL)
}


def variant(key: object) -> Variant:
    """The variant called `key`; SettingError naming those that exist."""
    if not isinstance(key, str) or key not in VARIANTS:
        raise SettingError(f"There is no variant {key!r}: choose one of {', '.join(VARIANTS)}.")
    return VARIANTS[key]
