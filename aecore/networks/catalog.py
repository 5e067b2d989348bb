"""The networks there are.

`build(settings, image_shape, features, latent)` gives `Networks`: an encoder to `features` numbers per image and a
decoder from `latent` numbers to the logits of an image of `image_shape` (channels, height, width).
"""

from aecore.catalog import Catalog, Part
from aecore.networks.conv import ConvSettings, build_conv
from aecore.networks.dense import DenseSettings, build_dense
from aecore.networks.pair import Networks

NETWORKS: Catalog[Networks] = Catalog(
    "network",
    Part("dense", "Dense", "Every unit sees every pixel.", DenseSettings, build_dense),
    Part("conv", "Convolutional", "Small filters slide over the image.", ConvSettings, build_conv),
)
