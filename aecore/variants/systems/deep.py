"""The deep (stacked) autoencoder."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="deep",
    place=20,
    title="Deep",
    summary="Several layers on each side bend the surface on which the images lie.",
    idea=(
        "With one linear layer on each side the reconstructions lie on a flat plane through the space of images. "
        "Every further layer with a non-linearity lets that surface bend, so that the same number of code units "
        "comes closer to the images. The deep autoencoder stacks layers that narrow towards the code and widen "
        "again behind it. At 30 code units it reconstructs digits several times better than principal component "
        "analysis does."
    ),
    mathematics=(
        r"h_1 = \phi(W_1 x + b_1), \; \dots, \; z = W_n h_{n-1} + b_n, \qquad"
        r"\hat{x} = \sigma(V_1 \, \phi(V_2 \cdots \phi(V_n z + c_n) \cdots ) + c_1)"
    ),
    source=("Hinton and Salakhutdinov, “Reducing the Dimensionality of Data with Neural Networks”, Science 313, 2006."),
    picture="code_size_curve",
    changes={
        "network.hidden": (512, 256, 128),
        "bottleneck.code_size": 32,
        "objective.kind": "mse",
        "training.epochs": 20,
        "training.weight_decay": 0.01,
    },
    important=("bottleneck.code_size", "network.hidden", "objective.kind", "training.epochs"),
    presets=(
        Preset(
            "The one of 2006",
            "784-1000-500-250-30",
            {"network.hidden": (1000, 500, 250), "bottleneck.code_size": 30},
        ),
        Preset(
            "At once",
            "one wide layer, large steps, three passes: 30 numbers in seconds",
            {
                "network.hidden": (400,),
                "network.activation": "gelu",
                "bottleneck.code_size": 30,
                "training.learning_rate": 0.024,
                "training.batch_size": 192,
                "training.epochs": 3,
            },
        ),
        Preset("Two numbers", "a map of the data", {"bottleneck.code_size": 2}),
    ),
)
