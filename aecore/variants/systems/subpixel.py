"""Super-resolution with a modern residual network."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="subpixel",
    place=96,
    title="Super-resolution: sub-pixel",
    summary="A deep residual network at the small size enlarges by 2, 3 and 4 times.",
    idea=(
        "Convolutions on the enlarged picture compute the same thing several times over. A sub-pixel network works at "
        "the small size instead, where every filter sees further for less, and its last layer gives all pixels of a "
        "square at once, which are then put in their places. Residual blocks make it deep: each adds a little to what "
        "comes in, and the whole adds what is missing to bicubic. One trunk serves every factor, because what edges "
        "look like does not depend on it. It is what the three layers of 2014 have become."
    ),
    mathematics=(
        r"\hat{x} = y + \mathrm{shuffle}_s\big(t_s(h + B(h))\big), \qquad h = e_s(\mathrm{fold}_s(y)), \qquad "
        r"\mathcal{L} = \lVert x - \hat{x} \rVert_1"
    ),
    source=(
        "Shi et al., “Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional "
        "Neural Network”, CVPR 2016; Lim et al., “Enhanced Deep Residual Networks for Single Image Super-Resolution”, "
        "CVPR Workshops 2017."
    ),
    picture="restored",
    changes={
        "corruption.kind": "shrink",
        "corruption.factor": 4.0,
        "corruption.varying": True,
        "network.kind": "subpixel",
        "network.channels": 16,
        "network.blocks": 3,
        "bottleneck.kind": "none",
        "objective.kind": "mae",
        "scheme.kind": "restoration",
        "training.epochs": 3,
    },
    important=("corruption.factor", "network.channels", "network.blocks", "scheme.patch", "training.epochs"),
    presets=(
        Preset(
            "Photographs",
            "32 channels, 8 blocks, patches of 72 pixels, for a data set of patches",
            {
                "network.channels": 32,
                "network.blocks": 8,
                "scheme.patch": 72,
                "scheme.turned": True,
                "training.batch_size": 12,
                "training.learning_rate": 5e-4,
                "training.schedule": "cosine",
                "training.epochs": 60,
            },
        ),
    ),
)
