"""The variational autoencoder that is told the class."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="conditional",
    place=125,
    title="Conditional",
    summary="The class is a part of the code, so that the rest of it need only hold the style.",
    idea=(
        "A variational autoencoder decides by itself what each number of its code means, and the class of an image is "
        "spread over all of them. Here the decoder is told the class beside the code. What it is told it need not find "
        "in the code again, and every nat of the code is paid for: so the code is left with what the class does not "
        "say, slant, width, thickness, the style. One style can then be written in every class, and a class can be "
        "ordered. The encoder learns to name the class on the side, so that images without labels have codes as well."
    ),
    mathematics=(
        r"z \sim \mathcal{N}(\mu(x), \sigma^2(x)), \qquad \pi(x) = \mathrm{softmax}(a(x)), \qquad \hat{x} = g(z, y)"
        r"\\ \mathcal{L} = \mathbb{E}_{q}[-\log p(x \mid z, y)] + \beta \,"
        r"\mathrm{KL}\!\left(q(z \mid x) \,\Vert\, \mathcal{N}(0, I)\right) - \alpha \log \pi_y(x)"
    ),
    source=(
        "Kingma, Rezende, Mohamed, Welling, “Semi-supervised Learning with Deep Generative Models”, NeurIPS 2014, "
        "with all images labelled."
    ),
    picture="class_grid",
    changes={
        "network.hidden": (192, 128),
        "bottleneck.kind": "gaussian_class",
        "bottleneck.code_size": 10,
        "objective.kind": "bce",
        "penalty.kind": "kl",
        "penalty.beta": 1.0,
        "training.epochs": 20,
        "training.weight_decay": 0.01,
    },
    important=(
        "bottleneck.code_size",
        "bottleneck.class_weight",
        "penalty.beta",
        "network.hidden",
        "network.channels",
        "training.epochs",
    ),
    presets=(
        Preset("Two numbers", "the style is a plane", {"bottleneck.code_size": 2}),
        Preset("Convolutional", "for pictures of one's own", {"network.kind": "conv", "network.channels": (32, 64)}),
    ),
)
