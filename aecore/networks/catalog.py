"""The networks there are.

`build(settings, image_shape, features, latent, classes)` gives modules that know what model they make (`Built`). Most
give `Networks`: an encoder to `features` numbers per image and a decoder from `latent` numbers to the logits of an
image of `image_shape` (channels, height, width). `classes` is how many the images have, 0 where they have none.
"""

from aecore.catalog import Catalog, Part
from aecore.networks.conv import ConvSettings, build_conv
from aecore.networks.dense import DenseSettings, build_dense
from aecore.networks.pair import Built
from aecore.networks.tied import build_tied

NETWORKS: Catalog[Built] = Catalog(
    "network",
    Part("dense", "Dense", "Every unit sees every pixel.", DenseSettings, build_dense),
    Part("conv", "Convolutional", "Small filters slide over the image.", ConvSettings, build_conv),
    Part("tied", "Dense, tied", "The decoder uses the encoder's matrices, transposed.", DenseSettings, build_tied),
)
