"""Denoising of photographs of any size and any noise."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="photo_denoising",
    place=98,
    title="Denoising: any picture, any noise",
    summary="One network takes noise of every strength out of pictures of every size.",
    idea=(
        "The denoising autoencoder of the lecture knows images of one size and noise of one strength. Photographs come "
        "in every size, and their noise in every strength. So the network sees neighbourhoods only, and the strength "
        "of the noise is a part of what it is shown: as one more channel, equal everywhere. Told too little it leaves "
        "noise, told too much it paints over detail. A second, small network estimates the strength where nobody "
        "knows it. In training every patch has noise of its own, from none to strong."
    ),
    mathematics=(
        r"\tilde{x} = x + s\,n, \quad s \sim U(0, s_{\max}), \qquad \hat{x} = \tilde{x} + g(\tilde{x}, s), \qquad "
        r"\mathcal{L} = \lVert x - \hat{x} \rVert_1 + \lambda\,(s - \hat{s}(\tilde{x}))^2"
    ),
    source=(
        "Zhang, Zuo, Zhang, “FFDNet: Toward a Fast and Flexible Solution for CNN-Based Image Denoising”, IEEE TIP "
        "2018; Guo et al., “Toward Convolutional Blind Denoising of Real Photographs”, CVPR 2019."
    ),
    picture="restored",
    data="fashion_mnist",
    changes={
        "corruption.kind": "gaussian",
        "corruption.noise_std": 0.5,
        "corruption.varying": True,
        "network.kind": "noise_map",
        "network.channels": 16,
        "network.blocks": 3,
        "bottleneck.kind": "none",
        "objective.kind": "mae",
        "scheme.kind": "restoration",
        "training.epochs": 2,
    },
    important=("corruption.noise_std", "network.channels", "network.blocks", "scheme.patch", "training.epochs"),
    presets=(
        Preset(
            "Photographs",
            "noise of up to 75 of 255 grey levels, patches of 64 pixels, for a data set of patches",
            {
                "corruption.noise_std": 0.3,
                "corruption.clipped_share": 0.5,
                "network.channels": 40,
                "network.blocks": 6,
                "network.colour": "luminance",
                "scheme.patch": 64,
                "scheme.turned": True,
                "training.batch_size": 16,
                "training.learning_rate": 6e-4,
                "training.schedule": "cosine",
                "training.epochs": 36,
            },
        ),
    ),
)
