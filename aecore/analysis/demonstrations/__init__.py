"""The one picture of each variant that makes its point. Nothing is trained for it: where a picture needs trained
models, it takes runs that are there.

    simple          loss_comparison           squared error and cross-entropy as functions of the prediction
    deep            code_size_curve           error against code size: principal components and the runs there are
    convolutional   transposed_convolution    step by step: spread every number over a patch, add where they overlap
    pretraining     few_labels_curve          error against the number of labels, as the experiment measured it
    denoising       noise_kinds               the same images under each kind of noise at the same PSNR
    variational     eight_draws               one image through the model eight times
"""

from aecore.analysis.demonstrations.code_size import CodeSizeCurve, CodeSizePoint, code_size_curve, code_size_point
from aecore.analysis.demonstrations.draws import EightDraws, eight_draws
from aecore.analysis.demonstrations.few_labels import FewLabelsCurve, FewLabelsLine, few_labels_curve
from aecore.analysis.demonstrations.losses import LossComparison, loss_comparison
from aecore.analysis.demonstrations.noises import NoiseKind, NoiseKinds, noise_kinds
from aecore.analysis.demonstrations.transposed import TransposedConvolution, TransposedStep, transposed_convolution

__all__ = [
    "CodeSizeCurve",
    "CodeSizePoint",
    "EightDraws",
    "FewLabelsCurve",
    "FewLabelsLine",
    "LossComparison",
    "NoiseKind",
    "NoiseKinds",
    "TransposedConvolution",
    "TransposedStep",
    "code_size_curve",
    "code_size_point",
    "eight_draws",
    "few_labels_curve",
    "loss_comparison",
    "noise_kinds",
    "transposed_convolution",
]
