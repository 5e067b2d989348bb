"""The bottlenecks there are.

`build(settings, classes)` gives a module that keeps the contract `aecore.model.Bottleneck`; `classes` is how many the
images have, 0 where they have none.
"""

from aecore.bottlenecks.gaussian import Gaussian, GaussianSettings
from aecore.bottlenecks.gaussian_class import GaussianClass, GaussianClassSettings
from aecore.bottlenecks.plain import Plain, PlainSettings
from aecore.catalog import Catalog, Part
from aecore.model import Bottleneck

BOTTLENECKS: Catalog[Bottleneck] = Catalog(
    "bottleneck",
    Part("plain", "Plain", "The encoder's last numbers are the code.", PlainSettings, Plain),
    Part("gaussian", "Gaussian", "The encoder gives mean and spread; a code is drawn.", GaussianSettings, Gaussian),
    Part(
        "gaussian_class",
        "Gaussian with class",
        "A code is drawn, and the class is a part of it.",
        GaussianClassSettings,
        GaussianClass,
    ),
)
