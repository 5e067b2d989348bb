"""The bottlenecks there are.

`build(settings, classes)` gives a module that keeps the contract `aecore.model.Bottleneck`; `classes` is how many the
images have, 0 where they have none.

What they offer is what a penalty may need of them:

    posterior                  a distribution for each image
    activations                numbers that say how strongly each unit responds, 0 for not at all
    activations from 0 to 1    the same, so that their mean over images is a rate
"""

from aecore.bottlenecks.gaussian import Gaussian, GaussianSettings
from aecore.bottlenecks.gaussian_class import GaussianClass, GaussianClassSettings
from aecore.bottlenecks.noise import Noise, NoiseSettings
from aecore.bottlenecks.nothing import Nothing, NothingSettings
from aecore.bottlenecks.plain import Plain, PlainSettings
from aecore.bottlenecks.prior import Prior, PriorSettings
from aecore.bottlenecks.quantised import Quantised, QuantisedSettings
from aecore.bottlenecks.sigmoid import Sigmoid, SigmoidSettings
from aecore.bottlenecks.top_k import TopK, TopKSettings
from aecore.catalog import Catalog, Part
from aecore.model import Bottleneck

BOTTLENECKS: Catalog[Bottleneck] = Catalog(
    "bottleneck",
    Part(
        "plain",
        "Plain",
        "The encoder's last numbers are the code.",
        PlainSettings,
        Plain,
        offers=("activations",),
    ),
    Part(
        "gaussian",
        "Gaussian",
        "The encoder gives mean and spread; a code is drawn.",
        GaussianSettings,
        Gaussian,
        offers=("posterior",),
    ),
    Part(
        "sigmoid",
        "Sigmoid",
        "Every number of the code is between 0 and 1.",
        SigmoidSettings,
        Sigmoid,
        offers=("activations", "activations from 0 to 1"),
    ),
    Part(
        "top_k",
        "Top-k",
        "Only the k units that respond most are kept.",
        TopKSettings,
        TopK,
        offers=("activations",),
    ),
    Part("prior", "Drawn", "The code is noise; no encoder makes it.", PriorSettings, Prior),
    Part("noise", "Noise", "The code is the noise that an image begins as.", NoiseSettings, Noise),
    Part(
        "gaussian_class",
        "Gaussian with class",
        "A code is drawn, and the class is a part of it.",
        GaussianClassSettings,
        GaussianClass,
        offers=("posterior",),
    ),
    Part("none", "None", "The network has no code.", NothingSettings, Nothing),
    Part(
        "quantised",
        "Quantised",
        "Whole numbers that can be written to a file; every bit costs.",
        QuantisedSettings,
        Quantised,
    ),
)
