"""Small models and codes for the canvas, made by torch, with torch's own decoding to compare with."""

import json
import warnings
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from aecore.analysis.projections import inverse_errors


@dataclass(frozen=True)
class Scene:
    """What a test shows: a decoder, the codes of some points, and what else the canvas is given."""

    name: str
    decoder: nn.Module
    codes: np.ndarray
    shape: tuple[int, int, int]
    classes: int = 10
    options: dict = field(default_factory=dict)
    encoder: nn.Module | None = None
    laid_out: np.ndarray | None = None  # where the points lie in a plane without components

    @property
    def latent(self) -> int:
        return self.codes.shape[1]

    @property
    def labels(self) -> np.ndarray:
        return np.arange(len(self.codes)) % self.classes

    @property
    def originals(self) -> np.ndarray:
        """Pictures that are plainly not the reconstructions: point i is all of brightness i mod 256."""
        brightness = (np.arange(len(self.codes)) % 256).astype(np.uint8)
        return np.broadcast_to(brightness[:, None, None, None], (len(self.codes), *self.shape)).copy()

    def projection(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and the first two principal components of the codes."""
        mean = self.codes.mean(axis=0)
        _, _, rows = np.linalg.svd(self.codes - mean, full_matrices=False)
        return mean, rows[:2]

    def plane(self) -> np.ndarray:
        """Where the points lie on the map."""
        if self.laid_out is not None:
            return self.laid_out
        if self.latent <= 2:
            return self.codes
        mean, components = self.projection()
        return (self.codes - mean) @ components.T

    def decode(self, codes) -> np.ndarray:
        """What torch makes of these codes."""
        with torch.inference_mode():
            return self.decoder(torch.as_tensor(np.asarray(codes, np.float32))).numpy()

    def encode(self, images) -> tuple[np.ndarray, np.ndarray]:
        """What torch makes of these images: codes and their spread."""
        with torch.inference_mode():
            codes, spread = self.encoder(torch.as_tensor(np.asarray(images, np.float32)))
        return codes.numpy(), spread.numpy()

    def save(self, folder: Path) -> None:
        """Write the files that canvas_page.py reads."""
        given = {"codes": self.codes, "labels": self.labels, "thumbnails": self.originals}
        if self.laid_out is not None:
            given["plane"] = self.laid_out
            given["inverse_errors"] = inverse_errors(self.codes, self.laid_out)[1]
        elif self.latent > 2:
            given["mean"], given["components"] = self.projection()
        np.savez(folder / f"{self.name}.npz", **given)
        options = {"class_names": [f"class {i}" for i in range(self.classes)], **self.options}
        (folder / f"{self.name}.json").write_text(json.dumps(options))
        export_decoder(self.decoder, self.latent, folder / f"{self.name}.onnx")
        if self.encoder is not None:
            example, file = torch.zeros(2, *self.shape), folder / f"{self.name}_encoder.onnx"
            export(self.encoder, example, file, "images", "codes", "spread")


def export_decoder(decoder: nn.Module, latent: int, file: Path) -> None:
    """A decoder as ONNX."""
    export(decoder, torch.zeros(2, latent), file, "codes", "images")


def export(network: nn.Module, example: torch.Tensor, file: Path, takes: str, *gives: str) -> None:
    """A network as ONNX with the names and the free batch size that the canvas expects."""
    with warnings.catch_warnings():  # torch's older exporter, for the reasons given in aecore/analysis/export.py
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (example,),
            file,
            dynamo=False,
            input_names=[takes],
            output_names=list(gives),
            dynamic_axes={name: {0: "batch"} for name in (takes, *gives)},
        )


def normal_codes(count: int, latent: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, latent)).astype(np.float32)


def islands(codes: np.ndarray) -> np.ndarray:
    """A plane like one of UMAP: three groups far apart, in none of which the way from the codes is linear."""
    places = np.tanh(codes[:, :2]) * (1 + 0.3 * np.sin(3 * codes[:, 2:4]))
    middles = np.array([[-4, 0], [4, 1], [0, 6]])
    return (places + middles[np.arange(len(codes)) % 3]).astype(np.float32)


def loud(decoder: nn.Module) -> nn.Module:
    """With weights large enough that neighbouring codes give visibly different images."""
    for weights in decoder.parameters():
        weights.data.mul_(1.7)
    return decoder.eval()


def dense(latent: int, shape: tuple[int, int, int]) -> nn.Module:
    size = int(np.prod(shape))
    return loud(
        nn.Sequential(
            nn.Linear(latent, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, size),
            nn.Sigmoid(),
            nn.Unflatten(1, shape),
        )
    )


class Posterior(nn.Module):
    """A small encoder of a variational kind: where an image lies, and how widely."""

    def __init__(self, latent: int, shape: tuple[int, int, int]):
        super().__init__()
        self.mean, self.log_spread = (nn.Linear(int(np.prod(shape)), latent) for _ in range(2))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        flat = images.flatten(1)
        return self.mean(flat), torch.exp(self.log_spread(flat))


def convolutional(latent: int) -> nn.Module:
    """3 x 64 x 64 in the manner of DCGAN."""
    widths = [128, 64, 32, 16]
    steps = [nn.Linear(latent, widths[0] * 16), nn.ReLU(), nn.Unflatten(1, (widths[0], 4, 4))]
    for before, after in pairwise(widths):
        steps += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.ReLU()]
    return loud(nn.Sequential(*steps, nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1), nn.Sigmoid()))


def scenes() -> list[Scene]:
    torch.manual_seed(0)
    grey, colour = (1, 28, 28), (3, 64, 64)
    return [
        Scene("grey", dense(2, grey), normal_codes(10_000, 2), grey),
        Scene("grey_later", dense(2, grey), 2 * normal_codes(10_000, 2), grey),
        Scene("colour", convolutional(2), normal_codes(300, 2), colour, classes=3),
        Scene("sixteen", dense(16, grey), normal_codes(2_000, 16), grey),
        Scene(
            "coded",
            dense(2, (3, 12, 16)),
            normal_codes(400, 2),
            (3, 12, 16),
            classes=4,
            options={"far": 0.4},
            encoder=Posterior(2, (3, 12, 16)).eval(),
        ),
        Scene(
            "islands",
            dense(8, (3, 12, 16)),
            normal_codes(300, 8),
            (3, 12, 16),
            classes=3,
            options={"far": 2.5},
            encoder=Posterior(8, (3, 12, 16)).eval(),
            laid_out=islands(normal_codes(300, 8)),
        ),
        Scene("line", dense(1, (1, 17, 23)), normal_codes(200, 1), (1, 17, 23), classes=2),
    ]
