"""The networks there are.

`build(settings, image_shape, features, latent, classes)` gives modules that know what model they make (`Built`). Most
give `Networks`: an encoder to `features` numbers per image and a decoder from `latent` numbers to the logits of an
image of `image_shape` (channels, height, width). `classes` is how many the images have, 0 where they have none.
"""

from aecore.catalog import Catalog, Part
from aecore.networks.conv import ConvSettings, build_conv
from aecore.networks.dense import DenseSettings, build_dense
from aecore.networks.gan_conv import GANConvSettings, build_gan_conv
from aecore.networks.gan_dense import GANDenseSettings, build_gan_dense
from aecore.networks.latent_diffusion import LatentDiffusionSettings, build_latent_unet
from aecore.networks.mixer import MixerSettings, build_mixer
from aecore.networks.noise_map import NoiseMapSettings, build_noise_map
from aecore.networks.pair import Built
from aecore.networks.pixel_diffusion import PixelDiffusionSettings, build_pixel_unet
from aecore.networks.skip_conv import SkipConvSettings, build_skip_conv
from aecore.networks.srcnn import SRCNNSettings, build_srcnn
from aecore.networks.style import StyleSettings, build_style
from aecore.networks.subpixel import SubPixelSettings, build_subpixel
from aecore.networks.tied import build_tied

NETWORKS: Catalog[Built] = Catalog(
    "network",
    Part("dense", "Dense", "Every unit sees every pixel.", DenseSettings, build_dense),
    Part("conv", "Convolutional", "Small filters slide over the image.", ConvSettings, build_conv),
    Part("tied", "Dense, tied", "The decoder uses the encoder's matrices, transposed.", DenseSettings, build_tied),
    Part("gan_dense", "Dense adversaries", "Dense generator and discriminator.", GANDenseSettings, build_gan_dense),
    Part(
        "gan_conv",
        "Convolutional adversaries",
        "Generator and discriminator with filters.",
        GANConvSettings,
        build_gan_conv,
    ),
    Part("style", "Style-based adversaries", "A style at every size of the image.", StyleSettings, build_style),
    Part("unet", "U-Net", "Takes noise out of an image, step by step.", PixelDiffusionSettings, build_pixel_unet),
    Part(
        "latent_unet",
        "Latent U-Net",
        "Takes noise out of the code of an autoencoder of its own.",
        LatentDiffusionSettings,
        build_latent_unet,
    ),
    Part("srcnn", "SRCNN", "Three convolutions sharpen an enlarged picture.", SRCNNSettings, build_srcnn),
    Part(
        "skip_conv",
        "Convolutional with skips",
        "Halves and doubles a picture of any size; skips carry the detail around.",
        SkipConvSettings,
        build_skip_conv,
    ),
    Part(
        "subpixel",
        "Sub-pixel residual",
        "Works at the small size, for 2, 3 and 4 times.",
        SubPixelSettings,
        build_subpixel,
    ),
    Part(
        "noise_map",
        "Residual with noise map",
        "Is told the strength of the noise, or estimates it.",
        NoiseMapSettings,
        build_noise_map,
    ),
    Part("mixer", "Mixing patches", "Patches that are mixed, as wide as the image itself.", MixerSettings, build_mixer),
)
