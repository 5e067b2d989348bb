"""The overcomplete autoencoder: a code with more numbers than the image has."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="overcomplete",
    place=80,
    title="Overcomplete",
    summary="A code as large as the image: without a constraint it may be a mere copy.",
    idea=(
        "If the code has as many numbers as the image has pixels, the image can be passed on as it is: the error "
        "becomes small and the filters of the first layer need not look like anything in particular. A constraint "
        "changes that. Corrupt the input, and a unit is of use only if it responds to something that many pixels have "
        "in common; published filters are then strokes and spots. Compare the filters of runs with and without noise "
        "below. Whether the codes are of use is asked by a linear probe, which tries to tell the classes apart by "
        "them alone."
    ),
    mathematics=(
        r"z = \sigma(W \tilde{x} + b) \in \mathbb{R}^{m}, \; m \ge \dim x, \qquad"
        r"\hat{x} = \sigma(W^{\top} z + c), \qquad \tilde{x} \sim q(\tilde{x} \mid x)"
    ),
    source=(
        "Vincent, Larochelle, Lajoie, Bengio, Manzagol, “Stacked Denoising Autoencoders: Learning Useful "
        "Representations in a Deep Network with a Local Denoising Criterion”, JMLR 11, 2010."
    ),
    picture="overcomplete_filters",
    changes={
        "corruption.kind": "masking",
        "corruption.share": 0.5,
        "network.kind": "tied",
        "network.hidden": (),
        "bottleneck.kind": "sigmoid",
        "bottleneck.code_size": 800,
        "objective.kind": "bce",
        "training.epochs": 15,
    },
    important=(
        "bottleneck.code_size",
        "corruption.kind",
        "corruption.share",
        "corruption.noise_std",
        "network.kind",
        "training.epochs",
    ),
    presets=(
        Preset("Without constraint", "clean images in, clean images out", {"corruption.kind": "none"}),
        Preset("More noise", "three quarters of the pixels are missing", {"corruption.share": 0.75}),
        Preset("Gaussian noise", "every pixel is off", {"corruption.kind": "gaussian", "corruption.noise_std": 0.5}),
    ),
)
