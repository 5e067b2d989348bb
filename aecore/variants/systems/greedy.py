"""The stacked autoencoder trained one layer at a time."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="greedy",
    place=40,
    title="Layer by layer",
    summary="The outermost layer is trained first, and its codes train the next.",
    idea=(
        "A deep autoencoder can be trained as a stack of shallow ones. The outermost learns to reconstruct images; "
        "then it stays as it is, and the codes that it gives are what the next one learns to reconstruct, and so on "
        "inwards. Put together they are a deep autoencoder, which may be fine-tuned as a whole. In 2006 this was the "
        "way to train deep networks at all. With today's activations, normalisation and optimisers training end to "
        "end works, and the picture below shows what either costs: a layer that has settled cannot help the ones "
        "inside it."
    ),
    mathematics=(
        r"\mathcal{L}_1 = \lVert x - g_1(f_1(x)) \rVert^2, \qquad"
        r"\mathcal{L}_k = \lVert h_{k-1} - g_k(f_k(h_{k-1})) \rVert^2, \quad h_k = f_k(h_{k-1})"
    ),
    source=(
        "Bengio, Lamblin, Popovici, Larochelle, “Greedy Layer-Wise Training of Deep Networks”, NIPS 2006; Hinton and "
        "Salakhutdinov, “Reducing the Dimensionality of Data with Neural Networks”, Science 313, 2006."
    ),
    picture="greedy_stages",
    changes={
        "scheme.kind": "greedy",
        "scheme.fine_tuning": 0.25,
        "network.hidden": (192, 64),
        "bottleneck.code_size": 32,
        "objective.kind": "mse",
        "training.epochs": 24,
        "training.weight_decay": 0.01,
    },
    important=(
        "scheme.kind",
        "scheme.fine_tuning",
        "network.hidden",
        "bottleneck.code_size",
        "training.epochs",
    ),
    presets=(
        Preset("Without fine-tuning", "each layer once, and no more", {"scheme.fine_tuning": 0.0}),
        Preset("End to end", "the same layers, all at once", {"scheme.kind": "end_to_end"}),
        Preset("Tied", "each layer with one matrix", {"network.kind": "tied"}),
    ),
)
