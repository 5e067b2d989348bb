"""Unsupervised pretraining: an encoder learned without labels becomes a classifier with few."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="pretraining",
    place=60,
    title="Unsupervised pretraining",
    summary="Learns from all images without labels, then classifies with a few that have one.",
    idea=(
        "Images are plentiful, labels are not. The autoencoder first learns from all images what they have in common; "
        "nobody has to say what they show. Then a single layer on the code learns to tell the classes apart from the "
        "few images whose label is known, while the encoder is frozen. At last the encoder is released and fine-tuned "
        "with the same few labels. The fewer they are, the more the head start is worth; with all of them a network "
        "trained from scratch catches up. The decoder is left behind: after fine-tuning its reconstructions are no "
        "longer the aim."
    ),
    mathematics=(
        r"\min_{f,\,g} \; \sum_{\text{all}} \lVert x - g(f(x)) \rVert^2"
        r"\\ \min_{W,\,b} \; \sum_{\text{labelled}} -\log p(y \mid x), \qquad "
        r"p(y \mid x) = \mathrm{softmax}\!\left(W f(x) + b\right)_y"
        r"\\ \min_{W,\,b,\,f} \; \sum_{\text{labelled}} -\log p(y \mid x)"
    ),
    source=(
        "Hinton and Salakhutdinov, “Reducing the Dimensionality of Data with Neural Networks”, Science 2006; Erhan et "
        "al., “Why Does Unsupervised Pre-training Help Deep Learning?”, JMLR 2010."
    ),
    picture="few_labels_curve",
    changes={
        "network.hidden": (512, 256),
        "bottleneck.kind": "gaussian",
        "bottleneck.code_size": 16,
        "objective.kind": "bce",
        "penalty.kind": "kl",
        "scheme.kind": "pretraining",
        "scheme.labelled": 1000,
        "training.epochs": 30,
        "training.weight_decay": 0.01,
    },
    important=(
        "scheme.labelled",
        "bottleneck.code_size",
        "scheme.head_share",
        "scheme.tuning_share",
        "training.epochs",
    ),
    presets=(
        Preset("A hundred labels", "ten of each digit", {"scheme.labelled": 100}),
        Preset(
            "From scratch",
            "no pretraining: the same network on the labelled images alone",
            {"scheme.head_share": 0.0, "scheme.tuning_share": 1.0},
        ),
        Preset("Convolutional", "for pictures of one's own", {"network.kind": "conv", "network.channels": (32, 64)}),
    ),
)
