"""How wide the posterior is in every number of the code: a number that is not used stays at the prior's 1."""

import torch

from aecore.analysis.likelihood import Spread, SpreadSum, variational_model
from aecore.analysis.trained import Trained, as_floats, batch_size, device_of, slices
from aecore.data.splits import nested_subset
from aecore.errors import DataError

IMAGES = 2000


def posterior_spread(trained: Trained, limit: int = IMAGES) -> Spread:
    """Over `limit` test images. SettingError for a model that is not variational, DataError without images."""
    model = variational_model(trained)
    images, found = nested_subset(trained.splits.test, limit), SpreadSum()
    with torch.inference_mode():
        for each in slices(len(images), batch_size(images.shape)):
            posterior = model(as_floats(images.images[each]).to(device_of(model))).posterior
            assert posterior is not None
            found.add(posterior)
    spread = found.result()
    if spread is None:
        raise DataError("The test split has no images to encode: choose more images or classes.")
    return spread
