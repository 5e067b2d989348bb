"""The learned codec."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="compression",
    place=190,
    title="Compression",
    summary="Codes rounded to whole numbers that are written to a file, where every bit costs.",
    idea=(
        "A short code is not a small file yet: its numbers are real ones. Here they are rounded to whole numbers of "
        "bins, a learned distribution says how probable each is, and an entropy coder writes probable ones with few "
        "bits. The loss adds what the file will cost to the error, weighed by λ: large λ makes small files, small λ "
        "good pictures. The code may be as long as the image has pixels, because a number that is nearly always 0 "
        "costs next to nothing. Rounding has no gradient: the rate is learned with uniform noise as wide as a bin, and "
        "the decoder's gradient passes the rounding as if it were not there. One network serves several qualities."
    ),
    mathematics=(
        r"q_j = \operatorname{round}(g_j\, y_j), \qquad "
        r"\mathcal{L} = \lVert x - \hat{x}(q) \rVert^2 + \lambda \sum_j -\log_2 P_j(q_j), \qquad "
        r"P_j(q) = F_j\!\left(\tfrac{q + 1/2}{g_j}\right) - F_j\!\left(\tfrac{q - 1/2}{g_j}\right)"
    ),
    source=(
        "Ballé, Laparra, Simoncelli, “End-to-end Optimized Image Compression”, ICLR 2017; Ballé, Minnen, Singh, Hwang, "
        "Johnston, “Variational Image Compression with a Scale Hyperprior”, ICLR 2018."
    ),
    picture="rate_distortion",
    changes={
        "network.kind": "mixer",
        "network.blocks": 1,
        "bottleneck.kind": "quantised",
        "bottleneck.code_size": 784,
        "bottleneck.qualities": 5,
        "bottleneck.rate_weight": 0.001,
        "objective.kind": "mse",
        "training.epochs": 12,
        "training.learning_rate": 4e-3,
        "training.precision": "float32",
    },
    important=("bottleneck.rate_weight", "bottleneck.qualities", "bottleneck.code_size", "training.epochs"),
    presets=(
        Preset("One quality", "all of the network for small files", {
            "bottleneck.qualities": 1, "bottleneck.rate_weight": 0.008,
        }),
        Preset("Colour, 32 x 32", "a code as long as the image", {
            "network.width": 48, "bottleneck.code_size": 3072,
        }),
    ),
)  # fmt: skip
