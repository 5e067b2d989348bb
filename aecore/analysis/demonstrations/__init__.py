"""The one picture of each variant that makes its point. Nothing is trained for it: where a picture needs trained
models, it takes runs that are there.

    simple          loss_comparison           squared error and cross-entropy as functions of the prediction
    deep            code_size_curve           error against code size: principal components and the runs there are
    convolutional   transposed_convolution    step by step: spread every number over a patch, add where they overlap
    denoising       noise_kinds               the same images under each kind of noise at the same PSNR
    variational     eight_draws               one image through the model eight times
    gan             adversaries               samples, losses and beliefs as the game went
    stylegan        style_mixing              coarse and fine styles of two sets of samples joined
"""

from aecore.analysis.demonstrations.adversaries import ClassesSeen, Game, classes_seen, game
from aecore.analysis.demonstrations.code_size import CodeSizeCurve, CodeSizePoint, code_size_curve, code_size_point
from aecore.analysis.demonstrations.draws import EightDraws, eight_draws
from aecore.analysis.demonstrations.losses import LossComparison, loss_comparison
from aecore.analysis.demonstrations.noises import NoiseKind, NoiseKinds, noise_kinds
from aecore.analysis.demonstrations.style_mixing import StyleMixture, style_mixing, style_sizes
from aecore.analysis.demonstrations.transposed import TransposedConvolution, TransposedStep, transposed_convolution

__all__ = [
    "ClassesSeen",
    "CodeSizeCurve",
    "CodeSizePoint",
    "EightDraws",
    "Game",
    "LossComparison",
    "NoiseKind",
    "NoiseKinds",
    "StyleMixture",
    "TransposedConvolution",
    "TransposedStep",
    "classes_seen",
    "code_size_curve",
    "code_size_point",
    "eight_draws",
    "game",
    "loss_comparison",
    "noise_kinds",
    "style_mixing",
    "style_sizes",
    "transposed_convolution",
]
