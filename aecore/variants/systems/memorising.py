"""The memorising autoencoder: far too powerful, with next to nothing to learn."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="memorising",
    place=50,
    title="Memorising",
    summary="Enormous capacity, a code of one number, few images: learned by heart.",
    idea=(
        "An autoencoder that is powerful enough needs no idea of what images are. Give it a few dozen of them and a "
        "code of a single number: the encoder can give each image a place of its own on a line, and the decoder can "
        "keep a picture for every place. Given time, the error on the training images falls and falls, while that on "
        "any other image grows: what comes out is always something like a training image. Low training error alone "
        "says nothing; the code is short, but the knowledge sits in the weights."
    ),
    mathematics=(
        r"z = f(x) \in \mathbb{R}, \qquad g(z_i) \approx x_i \; \text{for } i = 1, \dots, n,"
        r"\qquad \frac{1}{n} \sum_i \lVert x_i - g(f(x_i)) \rVert^2 \to 0 \; \not\Rightarrow \;"
        r"\mathbb{E}\, \lVert x - g(f(x)) \rVert^2 \; \text{small}"
    ),
    source=(
        "Goodfellow, Bengio, Courville, “Deep Learning”, MIT Press 2016, chapter 14 (a one-dimensional code with a "
        "very powerful encoder)."
    ),
    picture="memorised",
    changes={
        "network.hidden": (128, 128, 128, 128, 128),
        "bottleneck.code_size": 1,
        "objective.kind": "mse",
        "training.epochs": 4000,
        "training.batch_size": 50,
        "training.learning_rate": 0.01,
    },
    important=("bottleneck.code_size", "network.hidden", "training.epochs"),
    presets=(
        Preset("As a rule", "a code of 32: also more of the image can be kept", {"bottleneck.code_size": 32}),
        Preset("Less power", "too few weights to know them all by heart", {"network.hidden": (8,)}),
    ),
    images=50,
)
