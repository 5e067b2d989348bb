"""Between images and rows of numbers, without a change of their order in memory on the way back.

Training keeps images with channels last, in which convolutions, norms and activations are fastest. A row of numbers
unfolds into an image with channels first, and the gradient of a flattened image comes back so: every layer that then
meets two orders at once takes a path several times slower. In training both are put in order where they arise.
"""

from torch import Tensor, channels_last, nn
from torch._C._functorch import is_batchedtensor


class Flatten(nn.Flatten):
    """[batch, channels, height, width] -> [batch, numbers]."""

    def forward(self, images: Tensor) -> Tensor:
        """One row for each image."""
        if self.training and images.requires_grad and not is_batchedtensor(images):
            images.register_hook(in_order)  # type: ignore[no-untyped-call]
        return super().forward(images)


class Unflatten(nn.Unflatten):
    """[batch, numbers] -> [batch, channels, height, width]."""

    def forward(self, rows: Tensor) -> Tensor:
        """One image for each row."""
        images = super().forward(rows)
        return in_order(images) if self.training else images


def in_order(images: Tensor) -> Tensor:
    """The same images with channels last; a copy if they are not.

    Of several models side by side under torch.func.vmap nothing is changed: there is no such order of five axes.
    """
    return images if is_batchedtensor(images) else images.contiguous(memory_format=channels_last)
