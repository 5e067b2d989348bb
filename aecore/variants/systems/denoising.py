"""The denoising autoencoder."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="denoising",
    place=90,
    title="Denoising",
    summary="Noise goes in, the clean image should come out.",
    idea=(
        "If the input is corrupted and the target is not, copying no longer pays: the network has to know what images "
        "look like in order to take away what does not belong. The code may then even be larger than the image. "
        "Gaussian noise disturbs every pixel a little, masking (the lecture's dropout) removes some altogether: the "
        "first is averaged away, the second has to be filled in from the surroundings."
    ),
    mathematics=(
        r"\tilde{x} \sim q(\tilde{x} \mid x), \qquad \hat{x} = g(f(\tilde{x})), \qquad"
        r"\mathcal{L} = \lVert x - g(f(\tilde{x})) \rVert^2"
    ),
    source=(
        "Vincent, Larochelle, Bengio, Manzagol, “Extracting and Composing Robust Features with Denoising "
        "Autoencoders”, ICML 2008."
    ),
    picture="noise_kinds",
    data="fashion_mnist",
    changes={
        "corruption.kind": "gaussian",
        "corruption.noise_std": 0.5,
        "network.kind": "conv",
        "network.channels": (32, 128),
        "network.squeeze": 16,
        "network.normalisation": True,
        "bottleneck.code_size": 256,
        "objective.kind": "mse",
        "training.epochs": 12,
        "training.weight_decay": 0.01,
    },
    important=(
        "corruption.kind",
        "corruption.noise_std",
        "corruption.share",
        "bottleneck.code_size",
        "training.epochs",
    ),
    presets=(
        Preset(
            "Dropout noise", "half of the pixels are missing", {"corruption.kind": "masking", "corruption.share": 0.5}
        ),
        Preset("Dense", "one network of dense layers", {"network.kind": "dense", "network.hidden": (512,)}),
    ),
)
