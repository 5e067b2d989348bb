"""The schemes there are. `build(settings, corruption, objective)` gives a `Scheme`."""

from aecore.catalog import Catalog, Part
from aecore.schemes.end_to_end import EndToEnd, EndToEndSettings
from aecore.schemes.pretraining import Pretraining, PretrainingSettings
from aecore.schemes.scheme import Scheme

SCHEMES: Catalog[Scheme] = Catalog(
    "scheme",
    Part("end_to_end", "End to end", "All layers are trained at once.", EndToEndSettings, EndToEnd),
    Part(
        "pretraining",
        "Unsupervised pretraining",
        "First all images without labels, then a classifier on the code with few.",
        PretrainingSettings,
        Pretraining,
    ),
)
