"""The diffusion model in pixels."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="diffusion",
    place=150,
    title="Diffusion",
    summary="A denoiser for every strength of noise, used step by step, turns noise into an image.",
    idea=(
        "A denoising autoencoder that is shown nothing but noise can only answer with the mean of all images. The "
        "diffusion model asks for less at a time: one U-Net learns to denoise at every strength of noise, and to draw "
        "an image it takes away a little of the noise, looks again, and goes on until none is left. What is decided "
        "early, the outline, is not decided again late, among the details. The noise at the beginning is the code: the "
        "same noise gives the same image. The network is told the class too, and guidance exaggerates what the class "
        "changes."
    ),
    mathematics=(
        r"z_t = \alpha_t x + \sigma_t \varepsilon, \qquad \alpha_t^2 + \sigma_t^2 = 1, \quad "
        r"\varepsilon \sim \mathcal{N}(0, I)"
        r"\\ \mathcal{L} = \mathbb{E}_{x, \varepsilon, t} \, \lVert v - f(z_t, t, y) \rVert^2, \qquad "
        r"v = \alpha_t \varepsilon - \sigma_t x"
        r"\\ z_s = \alpha_s \hat{x} + \sigma_s \hat{\varepsilon}, \qquad \hat{x} = \alpha_t z_t - \sigma_t f, \quad "
        r"\hat{\varepsilon} = \sigma_t z_t + \alpha_t f"
        r"\\ f_w = f(z_t, t) + w \left( f(z_t, t, y) - f(z_t, t) \right)"
    ),
    source=(
        "Ho, Jain and Abbeel, “Denoising Diffusion Probabilistic Models”, NeurIPS 2020; steps without chance: "
        "Song, Meng and Ermon, ICLR 2021; cosine: Nichol and Dhariwal, ICML 2021; velocity: Salimans and Ho, ICLR 2022;"
        " guidance: Ho and Salimans, 2022."
    ),
    picture="noise_to_image",
    changes={
        "network.kind": "unet",
        "bottleneck.kind": "noise",
        "scheme.kind": "diffusion",
        "training.epochs": 4,
        "training.learning_rate": 2e-3,
        "training.batch_size": 64,
    },
    important=("network.channels", "network.steps", "network.prediction", "scheme.label_dropout", "training.epochs"),
    presets=(
        Preset("Larger", "twice the channels, sharper, slower", {"network.channels": (48, 128)}),
        Preset("Predict the noise", "as in the first paper", {"network.prediction": "noise"}),
    ),
)
