"""StyleGAN."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="stylegan",
    place=140,
    data="fashion_mnist",
    title="StyleGAN",
    summary="Noise becomes a style, which decides at every size of the image what is drawn.",
    idea=(
        "A plain generator is given its code once, at the bottom, and mixes everything that the code says. StyleGAN "
        "first maps the code to a style, and draws every image from the same learned constant: the style only "
        "weights the filters, at every size anew. Coarse sizes come to decide what is drawn and how it stands, fine "
        "ones how strokes and textures look, so that the coarse styles of one image can be joined with the fine ones "
        "of another. Noise at every size adds what is mere chance. Pulling styles towards their mean, called "
        "truncation, gives more typical and less varied images."
    ),
    mathematics=(
        r"w = f(z), \qquad z \sim \mathcal{N}(0, I), \qquad s = A\,w + b"
        r"\\ y_j = \sigma_j \sum_i W_{ij} * (s_i\, x_i), \qquad"
        r"\sigma_j = \left(\textstyle\sum_{i} s_i^2 \lVert W_{ij} \rVert^2\right)^{-1/2}"
        r"\\ w' = \bar{w} + \psi\,(w - \bar{w})"
    ),
    source=(
        "Karras, Laine and Aila, “A Style-Based Generator Architecture for Generative Adversarial Networks”, CVPR "
        "2019; weighting the filters: Karras et al., CVPR 2020."
    ),
    picture="style_mixing",
    changes={
        "network.kind": "style",
        "bottleneck.kind": "prior",
        "bottleneck.code_size": 32,
        "scheme.kind": "adversarial",
        "scheme.momentum": 0.0,
        "training.epochs": 6,
        "training.batch_size": 32,
        "training.learning_rate": 2e-3,
        "training.schedule": "constant",
    },
    important=(
        "bottleneck.code_size",
        "network.channels",
        "network.mixing",
        "scheme.gradient_penalty",
        "training.epochs",
    ),
    presets=(
        Preset("Without mixing", "every image has one style: what do the sizes decide then?", {"network.mixing": 0.0}),
    ),
)
