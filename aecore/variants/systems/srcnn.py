"""Super-resolution with three convolutions."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="srcnn",
    place=92,
    title="Super-resolution: SRCNN",
    summary="The image is made small; three convolutions give back what that took.",
    idea=(
        "Shrink an image, enlarge it again, and ask a network for the original: a denoising autoencoder whose noise is "
        "lost detail. SRCNN was the first convolutional network for it. Its first layer describes every patch of the "
        "blurred picture, the second turns the description into that of a sharp patch, the third puts overlapping "
        "patches together: encoder, code, decoder. It sees nothing but the neighbourhood of a pixel, so a network "
        "trained on small patches restores pictures of any size. What it cannot do is know what was there: it gives "
        "what is likely, edges above all."
    ),
    mathematics=(
        r"y = \mathrm{up}(\mathrm{down}(x)), \qquad \hat{x} = W_3 * \sigma(W_2 * \sigma(W_1 * y)), \qquad "
        r"\mathcal{L} = \lVert x - \hat{x} \rVert^2"
    ),
    source=(
        "Dong, Loy, He, Tang, “Learning a Deep Convolutional Network for Image Super-Resolution”, ECCV 2014; “Image "
        "Super-Resolution Using Deep Convolutional Networks”, IEEE TPAMI 2016."
    ),
    picture="restored",
    changes={
        "corruption.kind": "shrink",
        "corruption.factor": 2.0,
        "network.kind": "srcnn",
        "network.first_filters": 16,
        "network.second_filters": 8,
        "bottleneck.kind": "none",
        "objective.kind": "mse",
        "scheme.kind": "restoration",
        "training.epochs": 2,
        "training.learning_rate": 1e-3,
    },
    important=("corruption.factor", "network.middle", "scheme.patch", "training.epochs"),
    presets=(
        Preset("9-1-5, as in 2014", "a second layer that sees one pixel at a time", {"network.middle": "1"}),
        Preset(
            "Photographs",
            "64 and 32 filters as published, patches of 48 pixels, for a data set of patches",
            {
                "network.first_filters": 64,
                "network.second_filters": 32,
                "scheme.patch": 48,
                "scheme.turned": True,
                "training.batch_size": 16,
                "training.schedule": "cosine",
                "training.epochs": 18,
            },
        ),
    ),
)
