"""The diffusion model in the latent space of an autoencoder."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="latent_diffusion",
    place=160,
    title="Latent diffusion",
    summary="Diffusion on the codes of an autoencoder: fewer numbers, so every step costs less.",
    idea=(
        "Most pixels of an image are detail that its neighbours already tell. An autoencoder trained first takes care "
        "of them: its code is a small map, for a digit four numbers at 7 × 7 places instead of 28 × 28 pixels. The "
        "autoencoder is then left as it is, and a diffusion model learns to draw such maps out of noise. Every step "
        "works on a quarter of the numbers; only the last result is decoded to pixels. What the autoencoder loses no "
        "step can bring back, so that its error is the limit of the quality. Large image generators work this way."
    ),
    mathematics=(
        r"h = \frac{E(x) - \mu}{\sigma}, \qquad \hat{x} = D(\sigma h + \mu), \qquad "
        r"\mathcal{L}_1 = \lVert D(E(x) + s\,n) - x \rVert^2 + \lambda \, \mathrm{KL}"
        r"\\ z_t = \alpha_t h + \sigma_t \varepsilon, \qquad "
        r"\mathcal{L}_2 = \mathbb{E}_{h, \varepsilon, t} \, "
        r"\lVert \alpha_t \varepsilon - \sigma_t h - f(z_t, t, y) \rVert^2"
        r"\\ z_s = \alpha_s \hat{h} + \sigma_s \hat{\varepsilon}, \qquad \hat{h} = \alpha_t z_t - \sigma_t f, \quad "
        r"\hat{\varepsilon} = \sigma_t z_t + \alpha_t f"
    ),
    source=(
        "Rombach, Blattmann, Lorenz, Esser and Ommer, “High-Resolution Image Synthesis with Latent Diffusion Models”, "
        "CVPR 2022."
    ),
    picture="pixel_against_latent",
    changes={
        "network.kind": "latent_unet",
        "bottleneck.kind": "noise",
        "scheme.kind": "latent_diffusion",
        "training.epochs": 5,
        "training.batch_size": 64,
    },
    important=(
        "network.channels",
        "network.code_channels",
        "network.autoencoder_channels",
        "network.steps",
        "scheme.autoencoder_share",
        "training.epochs",
    ),
    presets=(
        Preset("A wider code", "eight numbers for each place: sharper, harder to draw", {"network.code_channels": 8}),
        Preset("Larger", "twice the channels of the U-Net", {"network.channels": (96, 128)}),
    ),
)
