"""The sparse autoencoder."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="sparse",
    place=100,
    title="Sparse",
    summary="Many units, of which each image may use only a few.",
    idea=(
        "A code need not be short to be a bottleneck: it may have many units if only a few of them respond to an "
        "image. Each unit then has to stand for something of its own, a stroke or a loop, and an image is a sum of a "
        "few. The lecture's way is a sigmoid on the code and a price on the sum of the activations (L1). They become "
        "small, but do they become few? The KL to a target rate tells every unit for what share of the images it "
        "should be on. Top-k keeps the k strongest units and nothing else. Compare all three at the same number of "
        "units in use."
    ),
    mathematics=(
        r"a = \sigma(W x + b), \qquad"
        r"\mathcal{L}_{1} = \lVert x - \hat{x} \rVert^2 + \lambda \sum_j |a_j|"
        r"\\ \mathcal{L}_{\mathrm{KL}} = \lVert x - \hat{x} \rVert^2 + \beta \sum_j"
        r"\mathrm{KL}\!\left(\rho \,\Vert\, \hat{\rho}_j\right), \quad \hat{\rho}_j = \tfrac{1}{n} \sum_i a_j(x_i)"
        r"\\ a = \mathrm{TopK}\!\left(\max(0,\, W x + b)\right)"
    ),
    source=(
        "Ng, “Sparse Autoencoder”, lecture notes of CS294A, Stanford 2011; Makhzani and Frey, “k-Sparse Autoencoders”, "
        "ICLR 2014; Ahmad and Scheinkman, “How Can We Be So Dense? The Benefits of Using Highly Sparse "
        "Representations”, 2019."
    ),
    picture="sparse_codes",
    changes={
        "network.hidden": (),
        "bottleneck.kind": "sigmoid",
        "bottleneck.code_size": 256,
        "objective.kind": "mse",
        "penalty.kind": "l1",
        "penalty.weight": 0.3,
        "training.epochs": 20,
    },
    important=(
        "bottleneck.kind",
        "penalty.kind",
        "bottleneck.code_size",
        "bottleneck.active_units",
        "penalty.weight",
        "penalty.rate",
        "training.epochs",
    ),
    presets=(
        Preset("L1", "the lecture's: every activation has a price, here a high one", {"penalty.weight": 1.0}),
        Preset(
            "KL to a target rate",
            "every unit on for a twentieth of the images",
            {"penalty.kind": "kl_rate", "penalty.rate": 0.05, "penalty.weight": 0.5},
        ),
        Preset(
            "Top-k",
            "16 units for every image",
            {"bottleneck.kind": "top_k", "bottleneck.active_units": 16, "penalty.kind": "none"},
        ),
    ),
)
