"""Decoder atoms: columns of one layer, and responses of any decoder."""

import numpy as np
import pytest

from aecore.analysis.atoms import atoms, is_one_layer
from aecore.analysis.trained import decode
from aecore.analysis.units import rest
from aecore.errors import SettingError
from tests.analysis.conftest import COLOUR, GREY

DEEP = {"network__hidden": (16,), "bottleneck__code_size": 5}


@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_the_columns_of_a_single_layer_are_its_weights(make, shape):
    model = make("sparse", shape, bottleneck__code_size=9)
    found = atoms(model, (7, 0, 7))
    weight = model.composition.model.decoder[0].weight.numpy()
    assert found.columns is not None
    np.testing.assert_allclose(found.columns, weight.T[[7, 0, 7]].reshape(3, *shape), atol=1e-5)


@pytest.mark.parametrize("variant", ["simple", "sparse", "deep", "convolutional", "variational"])
def test_whether_a_decoder_is_one_layer_is_found_out_by_trying(make, variant):
    assert is_one_layer(make(variant)) == (variant in ("simple", "sparse"))


def test_a_decoder_of_more_layers_has_responses_and_no_columns(make):
    model = make("deep", COLOUR, **DEEP)
    found = atoms(model, (2,))
    assert found.columns is None
    known = rest(model)
    code = known.code.copy()
    code[2] = known.high[2]
    with_unit, without = decode(model, np.stack([code, known.code]))
    np.testing.assert_allclose(found.responses[0], with_unit - without, atol=1e-6)
    np.testing.assert_allclose(found.resting, without, atol=1e-6)
    assert np.abs(found.responses).max() > 0


def test_a_unit_that_is_not_there_has_no_atom(make):
    with pytest.raises(SettingError, match="There is no unit 5: the code has the units 0 to 4"):
        atoms(make("deep", **DEEP), (0, 5))
