"""The variational autoencoder."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="variational",
    place=120,
    title="Variational",
    summary="Every image becomes a small cloud, and together the clouds fill the latent space.",
    idea=(
        "A plain autoencoder leaves holes between its codes, and what is decoded there means nothing. The variational "
        "autoencoder encodes an image as a normal distribution, draws the code from it, and pays for every nat by "
        "which that distribution differs from the standard normal one. Neighbouring codes must therefore decode to "
        "similar images and the codes fill the space without gaps: one can walk through it and draw new images from "
        "it. With two numbers per code the whole latent space is a picture to drag through."
    ),
    mathematics=(
        r"q(z \mid x) = \mathcal{N}(\mu(x), \sigma^2(x)), \qquad z = \mu + \sigma \odot \varepsilon, \;"
        r"\varepsilon \sim \mathcal{N}(0, I)"
        r"\\ -\mathrm{ELBO} = \mathbb{E}_{q}[-\log p(x \mid z)] + \beta \,"
        r"\mathrm{KL}\!\left(q(z \mid x) \,\Vert\, \mathcal{N}(0, I)\right)"
    ),
    source="Kingma and Welling, “Auto-Encoding Variational Bayes”, ICLR 2014; the factor β: Higgins et al., ICLR 2017.",
    picture="eight_draws",
    changes={
        "network.hidden": (384, 384, 256),
        "bottleneck.kind": "gaussian",
        "bottleneck.code_size": 2,
        "objective.kind": "bce",
        "penalty.kind": "kl",
        "penalty.beta": 1.0,
        "training.epochs": 20,
        "training.weight_decay": 0.01,
    },
    important=("bottleneck.code_size", "penalty.beta", "network.hidden", "network.channels", "training.epochs"),
    presets=(
        Preset("Twenty numbers", "sharper, no longer a plane", {"bottleneck.code_size": 20}),
        Preset(
            "At once",
            "one wide layer, large steps, three passes: 20 numbers in seconds",
            {
                "network.hidden": (400,),
                "network.activation": "gelu",
                "bottleneck.code_size": 20,
                "training.learning_rate": 0.024,
                "training.batch_size": 192,
                "training.epochs": 3,
            },
        ),
        Preset("Convolutional", "for pictures of one's own", {"network.kind": "conv", "network.channels": (32, 64)}),
    ),
)
