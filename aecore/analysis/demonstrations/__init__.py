"""The one picture of each variant that makes its point. Nothing is trained for it: where a picture needs trained
models, it takes runs that are there.

    simple          loss_comparison           squared error and cross-entropy as functions of the prediction
    deep            code_size_curve           error against code size: principal components and the runs there are
    convolutional   transposed_convolution    step by step: spread every number over a patch, add where they overlap
    denoising       noise_kinds               the same images under each kind of noise at the same PSNR
    variational     eight_draws               one image through the model eight times
    tied            tied_pairs                parameters, time and errors of two runs that differ in this alone
    greedy          greedy_stages             error against time, layer by layer and end to end
    memorising      memorised                 outputs and a walk along the code beside the nearest training images
    overcomplete    overcomplete_filters      filters of the first layer side by side, and a probe of the codes
"""

from aecore.analysis.demonstrations.code_size import CodeSizeCurve, CodeSizePoint, code_size_curve, code_size_point
from aecore.analysis.demonstrations.draws import EightDraws, eight_draws
from aecore.analysis.demonstrations.losses import LossComparison, loss_comparison
from aecore.analysis.demonstrations.noises import NoiseKind, NoiseKinds, noise_kinds
from aecore.analysis.demonstrations.transposed import TransposedConvolution, TransposedStep, transposed_convolution

__all__ = [
    "CodeSizeCurve",
    "CodeSizePoint",
    "EightDraws",
    "LossComparison",
    "NoiseKind",
    "NoiseKinds",
    "TransposedConvolution",
    "TransposedStep",
    "code_size_curve",
    "code_size_point",
    "eight_draws",
    "loss_comparison",
    "noise_kinds",
    "transposed_convolution",
]
