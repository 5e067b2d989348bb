"""Super-resolution with a convolutional autoencoder."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="super_resolution",
    place=94,
    title="Super-resolution: autoencoder",
    summary="A convolutional autoencoder restores what shrinking took; skips carry the rest around it.",
    idea=(
        "The convolutional autoencoder, asked for the image as it was before it was shrunk. Halving and doubling its "
        "feature maps lets it see wider surroundings than three convolutions do, but a code of a quarter of the pixels "
        "would lose even the detail that is still there. So each level of the decoder is given what the encoder had at "
        "the same size, and the network adds its answer to the question: it only has to say what is missing. With "
        "these skips there is no bottleneck left, and no need of one: the lost detail is what keeps it from copying."
    ),
    mathematics=(
        r"\hat{x} = y + g\big(f(y)\big), \qquad g_{i-1} = \sigma(W_i^{\mathsf{T}} * g_i) + f_{i-1}, \qquad "
        r"\mathcal{L} = \lVert x - \hat{x} \rVert_1"
    ),
    source=(
        "Mao, Shen, Yang, “Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with Symmetric "
        "Skip Connections”, NeurIPS 2016."
    ),
    picture="restored",
    changes={
        "corruption.kind": "shrink",
        "corruption.factor": 2.0,
        "network.kind": "skip_conv",
        "network.channels": (12, 24),
        "bottleneck.kind": "none",
        "objective.kind": "mae",
        "scheme.kind": "restoration",
        "training.epochs": 2,
    },
    important=("corruption.factor", "network.channels", "scheme.patch", "training.epochs"),
    presets=(
        Preset(
            "Photographs",
            "every factor up to 4; 32 and 64 channels, patches of 64 pixels, for a data set of patches",
            {
                "corruption.factor": 4.0,
                "corruption.varying": True,
                "network.channels": (32, 64),
                "scheme.patch": 64,
                "scheme.turned": True,
                "training.batch_size": 16,
                "training.learning_rate": 1e-3,
                "training.schedule": "cosine",
                "training.epochs": 30,
            },
        ),
    ),
)
