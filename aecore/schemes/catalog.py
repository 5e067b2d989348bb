"""The schemes there are. `build(settings, corruption, objective)` gives a `Scheme`."""

from aecore.catalog import Catalog, Part
from aecore.schemes.adversarial import Adversarial, AdversarialSettings
from aecore.schemes.diffusion import DiffusionScheme, DiffusionTrainingSettings
from aecore.schemes.end_to_end import EndToEnd, EndToEndSettings
from aecore.schemes.greedy import Greedy, GreedySettings
from aecore.schemes.latent_diffusion import LatentDiffusionScheme, LatentDiffusionTrainingSettings
from aecore.schemes.pretraining import Pretraining, PretrainingSettings
from aecore.schemes.restoration import Restoration, RestorationSettings
from aecore.schemes.scheme import Scheme

SCHEMES: Catalog[Scheme] = Catalog(
    "scheme",
    Part("end_to_end", "End to end", "All layers are trained at once.", EndToEndSettings, EndToEnd),
    Part("greedy", "Layer by layer", "One layer after the other, the outermost first.", GreedySettings, Greedy),
    Part(
        "adversarial",
        "Adversarial",
        "A discriminator learns to tell, a generator to deceive it.",
        AdversarialSettings,
        Adversarial,
    ),
    Part(
        "diffusion",
        "Diffusion",
        "The network learns to see what is behind noise of every strength.",
        DiffusionTrainingSettings,
        DiffusionScheme,
    ),
    Part(
        "latent_diffusion",
        "Latent diffusion",
        "First an autoencoder, then diffusion on its codes.",
        LatentDiffusionTrainingSettings,
        LatentDiffusionScheme,
    ),
    Part(
        "pretraining",
        "Unsupervised pretraining",
        "First all images without labels, then a classifier on the code with few.",
        PretrainingSettings,
        Pretraining,
    ),
    Part(
        "restoration",
        "Restoration",
        "The network learns on patches to take a corruption out.",
        RestorationSettings,
        Restoration,
    ),
)
