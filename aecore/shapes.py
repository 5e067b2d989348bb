"""Names for the tensors that travel between parts, checked in tests by jaxtyping and beartype."""

from jaxtyping import Float, Int, UInt8
from torch import Tensor

ImageShape = tuple[int, int, int]  # channels, height, width

Bytes = UInt8[Tensor, "batch channels height width"]  # as stored: 0 to 255
Images = Float[Tensor, "batch channels height width"]  # as computed: 0 to 1, or logits where said
Features = Float[Tensor, "batch features"]  # what an encoder gives to the bottleneck
Codes = Float[Tensor, "batch latent"]  # the latent vectors
ClassLogits = Float[Tensor, "batch classes"]  # before the softmax
Labels = Int[Tensor, " batch"]  # the class of each image
Scores = Float[Tensor, "batch classes"]  # one number per class, before the softmax
PerImage = Float[Tensor, " batch"]  # one number per image
Scalar = Float[Tensor, ""]
