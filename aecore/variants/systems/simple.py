"""The simple autoencoder: one hidden layer, which is the code."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="simple",
    place=10,
    title="Simple",
    summary="One hidden layer between image and reconstruction.",
    idea=(
        "The smallest autoencoder has one hidden layer: the code. An image goes in, the same image should come out, "
        "and because the code has fewer numbers than the image has pixels, the network must find out what images "
        "have in common. Trained with squared error and without non-linearities it would find the same plane as "
        "principal component analysis; the sigmoid at the output and the cross-entropy loss let it do a little "
        "better. Compare the two losses: squared error forgives many small errors, cross-entropy punishes a pixel "
        "that is confidently wrong."
    ),
    mathematics=(
        r"z = W x + b, \qquad \hat{x} = \sigma(V z + c)"
        r"\\ \mathcal{L}_{\mathrm{MSE}} = \sum_i (x_i - \hat{x}_i)^2, \qquad"
        r"\mathcal{L}_{\mathrm{BCE}} = -\sum_i x_i \log \hat{x}_i + (1 - x_i)\log(1 - \hat{x}_i)"
    ),
    source=(
        "Rumelhart, Hinton, Williams, “Learning Internal Representations by Error Propagation”, in Parallel "
        "Distributed Processing, MIT Press 1986; Bourlard and Kamp, “Auto-Association by Multilayer Perceptrons and "
        "Singular Value Decomposition”, Biological Cybernetics 1988."
    ),
    picture="loss_comparison",
    changes={"network.hidden": (), "bottleneck.code_size": 32, "objective.kind": "bce", "training.epochs": 20},
    important=("bottleneck.code_size", "objective.kind", "training.epochs"),
    presets=(
        Preset("Squared error", "the lecture's first loss", {"objective.kind": "mse"}),
        Preset("Two numbers", "how little can be enough?", {"bottleneck.code_size": 2}),
        Preset("More than the image", "a code of 1,024 numbers", {"bottleneck.code_size": 1024}),
    ),
)
