"""Models for use elsewhere: ONNX with any batch size, the bare weights, and the two sides of a codec.

    decoder   "codes"  [batch, latent]                    -> "images" [batch, channels, height, width] in [0, 1]
    encoder   "images" [batch, channels, height, width]   -> "codes"  [batch, latent]: the mean, no chance
    codec-encoder, codec-decoder   one side of a run with quantised codes (`aecore.compression.parts`)

The exporter is torch's older one, which records one pass. It takes 0.02 s where its successor takes 1 s and needs
another 2 s when first used, and a person who opens a latent space waits for it. The networks of the lab run the same
operations for every input, so that nothing is lost by recording; the tests compare every one of them with torch.
"""

import io
import threading
import warnings

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from aecore.analysis.trained import Trained, autoencoder_of, decoding_model_of, device_of, model_of
from aecore.compression.parts import DECODER, ENCODER, write_part
from aecore.errors import SettingError
from aecore.model import Autoencoder, DecodingModel

OPSET = 17  # known to onnxruntime since 2022 and to onnxruntime-web
WHAT = ("encoder", "decoder", "weights", ENCODER, DECODER)

_EXPORTING = threading.Lock()  # torch records into state of the whole process


class _Decoder(nn.Module):
    def __init__(self, model: DecodingModel):
        super().__init__()
        self.model = model

    def forward(self, codes: Tensor) -> Tensor:
        return self.model.render(codes)


class _Encoder(nn.Module):
    def __init__(self, model: Autoencoder):
        super().__init__()
        self.encoder = model.encoder
        self.bottleneck = model.bottleneck

    def forward(self, images: Tensor) -> Tensor:
        return self.bottleneck.code(self.encoder(images))


class _Posterior(nn.Module):
    def __init__(self, model: Autoencoder):
        super().__init__()
        self.encoder, self.bottleneck, self.latent = model.encoder, model.bottleneck, model.latent

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        coded = self.bottleneck(self.encoder(images), None)
        assert coded.posterior is not None
        spread = torch.exp(0.5 * coded.posterior.log_variance)
        return coded.codes, functional.pad(spread, (0, self.latent - spread.shape[1]))


def decoder_onnx(trained: Trained) -> bytes:
    """The decoder as an ONNX file."""
    model = decoding_model_of(trained)
    example = torch.zeros(2, model.latent, device=device_of(model))
    return _recorded(_Decoder(model).eval(), example, "codes", "images")


def encoder_onnx(trained: Trained) -> bytes:
    """The encoder with its bottleneck as an ONNX file; a variational one gives the mean. RunError without one."""
    model = autoencoder_of(trained)
    example = torch.zeros(2, *model.image_shape, device=device_of(model))
    return _with_size(_recorded(_Encoder(model).eval(), example, "images", "codes"), model.latent)


def posterior_onnx(trained: Trained) -> bytes:
    """The encoder of a variational run with two outputs, both [batch, latent].

    "codes" is the mean, "spread" the standard deviation of the posterior, 0 for numbers of the code that are not drawn.
    SettingError where the encoder gives no distribution.
    """
    model = autoencoder_of(trained)
    if not hasattr(model.bottleneck, "posterior"):
        raise SettingError("This encoder gives one code and no distribution: choose a variational run.")
    example = torch.zeros(2, *model.image_shape, device=device_of(model))
    return _with_size(_recorded(_Posterior(model).eval(), example, "images", "codes", "spread"), model.latent)


def full_encoder_onnx(trained: Trained) -> bytes:
    """All that the encoder says: `posterior_onnx` of a variational run, `encoder_onnx` of any other."""
    return (
        posterior_onnx(trained) if hasattr(autoencoder_of(trained).bottleneck, "posterior") else encoder_onnx(trained)
    )


def _with_size(content: bytes, latent: int) -> bytes:
    """The size of the code written into an encoder's output: the exporter loses count where a tensor is halved."""
    import onnx

    model = onnx.load_from_string(content)
    for each in model.graph.output:
        each.type.tensor_type.shape.dim[1].dim_value = latent
    whole: bytes = model.SerializeToString()
    return whole


def weights(trained: Trained) -> bytes:
    """All weights and buffers under their names in the model, as a safetensors file in float32."""
    tensors = {name: each.detach().cpu().contiguous() for name, each in model_of(trained).state_dict().items()}
    content: bytes = save(tensors, metadata={"recipe": trained.recipe.to_json()})
    return content


def codec_part(trained: Trained, what: str) -> bytes:
    """One side of a codec, "codec-encoder" or "codec-decoder". CodecError for a run without quantised codes."""
    return write_part(model_of(trained), trained.recipe.parts, trained.splits.classes, what)


def export(trained: Trained, what: str) -> bytes:
    """One of WHAT as the content of a file; SettingError for any other word, CodecError for no codec."""
    makers = {"encoder": encoder_onnx, "decoder": decoder_onnx, "weights": weights}
    if what in (ENCODER, DECODER):
        return codec_part(trained, what)
    if what not in makers:
        raise SettingError(f"There is nothing called {what!r} to export: choose one of {', '.join(WHAT)}.")
    return makers[what](trained)


def _recorded(module: nn.Module, example: Tensor, takes: str, *gives: str) -> bytes:
    """One pass of `example` through the module, recorded as ONNX with the first axis open.

    The only place that knows the exporter. Its notice of deprecation is silenced here and nowhere else.
    """
    file = io.BytesIO()
    with _EXPORTING, warnings.catch_warnings(), torch.inference_mode():
        warnings.filterwarnings("ignore", "You are using the legacy TorchScript-based ONNX", DeprecationWarning)
        warnings.filterwarnings("ignore", "The feature will be removed", DeprecationWarning)
        torch.onnx.export(
            module,
            (example,),
            file,  # type: ignore[arg-type]  # this exporter takes a file in memory, its annotation forgets it
            dynamo=False,
            opset_version=OPSET,
            input_names=[takes],
            output_names=list(gives),
            dynamic_axes={name: {0: "batch"} for name in (takes, *gives)},
        )
    return file.getvalue()
