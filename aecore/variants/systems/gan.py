"""The generative adversarial network."""

from aecore.variants.variant import Preset, Variant

VARIANT = Variant(
    key="gan",
    place=130,
    title="GAN",
    summary="A generator makes images of noise until a discriminator cannot tell them from real ones.",
    idea=(
        "No image is encoded and none is reconstructed. A generator turns random numbers into an image; a "
        "discriminator is shown real and generated images and says how sure it is that each is real. They are trained "
        "in turn: the discriminator to tell the two apart, the generator to be taken for real. As no pixel is "
        "compared with any other, nothing rewards blur, and the images are sharper than an autoencoder's. The price is "
        "a game instead of a descent: losses do not say how good the images are, and a generator that has found "
        "one convincing image may make only that, which is called collapse."
    ),
    mathematics=(
        r"\hat{x} = G(z), \qquad z \sim \mathcal{N}(0, I)"
        r"\\ L_D = -\,\mathbb{E}_x[\log D(x)] - \mathbb{E}_z[\log(1 - D(G(z)))]"
        r" + \tfrac{\gamma}{2}\, \mathbb{E}_x\!\left[\lVert \nabla_x \operatorname{logit} D(x) \rVert^2\right]"
        r"\\ L_G = -\,\mathbb{E}_z[\log D(G(z))]"
    ),
    source=(
        "Goodfellow et al., “Generative Adversarial Nets”, NeurIPS 2014; convolutions: Radford, Metz and Chintala, "
        "ICLR 2016; the penalty: Mescheder, Geiger and Nowozin, ICML 2018."
    ),
    picture="adversaries",
    changes={
        "network.kind": "gan_conv",
        "bottleneck.kind": "prior",
        "bottleneck.code_size": 32,
        "scheme.kind": "adversarial",
        "training.epochs": 6,
        "training.batch_size": 64,
        "training.learning_rate": 1e-3,
        "training.schedule": "constant",
    },
    important=(
        "bottleneck.code_size",
        "scheme.gradient_penalty",
        "network.channels",
        "network.hidden",
        "training.epochs",
    ),
    presets=(Preset("Dense", "every unit sees every pixel: quick, noisier images", {"network.kind": "gan_dense"}),),
)
