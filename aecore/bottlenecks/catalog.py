"""The bottlenecks there are.

`build(settings, classes)` gives a module that keeps the contract `aecore.model.Bottleneck`; `classes` is how many the
images have, 0 where they have none.
"""

from aecore.bottlenecks.gaussian import Gaussian, GaussianSettings
from aecore.bottlenecks.noise import Noise, NoiseSettings
from aecore.bottlenecks.plain import Plain, PlainSettings
from aecore.catalog import Catalog, Part
from aecore.model import Bottleneck

BOTTLENECKS: Catalog[Bottleneck] = Catalog(
    "bottleneck",
    Part("plain", "Plain", "The encoder's last numbers are the code.", PlainSettings, Plain),
    Part("gaussian", "Gaussian", "The encoder gives mean and spread; a code is drawn.", GaussianSettings, Gaussian),
    Part("noise", "Noise", "The code is the noise that an image begins as.", NoiseSettings, Noise),
)
