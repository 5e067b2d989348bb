"""The convolutional autoencoder."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="convolutional",
    place=70,
    title="Convolutional",
    summary="Small filters going down, transposed convolutions coming up.",
    idea=(
        "A dense layer does not know that two pixels are neighbours. A convolution looks at a small neighbourhood and "
        "uses the same filter everywhere, so it needs far fewer weights and finds an edge wherever it is. Going "
        "down, each level halves the image and widens its channels; coming up, a transposed convolution spreads "
        "every number over a small patch of the larger image and adds the patches where they overlap. This is the "
        "network for pictures larger than a digit."
    ),
    mathematics=(
        r"(x * k)_{ij} = \sum_{u,v} x_{i+u,\,j+v}\, k_{uv}, \qquad"
        r"(x *^{\top} k)_{ij} = \sum_{\substack{s\,p + u = i \\ s\,q + v = j}} x_{pq}\, k_{uv}"
        r"\quad \text{with stride } s"
    ),
    source=(
        "Masci, Meier, Cireşan, Schmidhuber, “Stacked Convolutional Auto-Encoders for Hierarchical Feature "
        "Extraction”, ICANN 2011; Dumoulin and Visin, “A guide to convolution arithmetic for deep learning”, 2016."
    ),
    picture="transposed_convolution",
    changes={
        "network.kind": "conv",
        "network.channels": (16, 32),
        "network.normalisation": True,
        "bottleneck.code_size": 32,
        "objective.kind": "bce",
        "training.epochs": 12,
    },
    important=("bottleneck.code_size", "network.channels", "objective.kind", "training.epochs"),
    presets=(
        Preset("Pooling", "max pooling instead of stride", {"network.downsampling": "max_pooling"}),
        Preset("For larger pictures", "four levels", {"network.channels": (32, 64, 128, 128)}),
    ),
)
