"""The autoencoder with tied weights."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="tied",
    place=30,
    title="Tied weights",
    summary="The decoder uses the encoder's matrices, transposed.",
    idea=(
        "Encoder and decoder mirror each other, so each matrix can do both: the encoder multiplies with it, the "
        "decoder with its transpose. About half of the parameters are gone, which leaves less to store and less to "
        "overfit with. For a single linear layer nothing is lost: the best pair of matrices has this form anyway, as "
        "principal component analysis shows. With non-linearities it is a constraint, and the biases stay free on "
        "both sides. It saves memory, not arithmetic: every matrix is still multiplied with twice."
    ),
    mathematics=(
        r"h_k = \phi(W_k h_{k-1} + b_k), \qquad \hat{h}_{k-1} = \phi(W_k^{\top} \hat{h}_k + c_k), \qquad"
        r"\hat{x} = \sigma(W_1^{\top} \hat{h}_1 + c_1)"
    ),
    source=(
        "Vincent, Larochelle, Bengio, Manzagol, “Extracting and Composing Robust Features with Denoising "
        "Autoencoders”, ICML 2008."
    ),
    picture="tied_pairs",
    changes={
        "network.kind": "tied",
        "network.hidden": (192, 64),
        "bottleneck.code_size": 32,
        "objective.kind": "mse",
        "training.epochs": 24,
        "training.weight_decay": 0.01,
    },
    important=("bottleneck.code_size", "network.kind", "network.hidden", "training.epochs"),
    presets=(
        Preset("Untied", "the same layers, each matrix on its own", {"network.kind": "dense"}),
        Preset("One layer", "one matrix does everything", {"network.hidden": ()}),
    ),
)
