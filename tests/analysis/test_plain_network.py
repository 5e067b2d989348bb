"""Which decoders are plain, and the steps that are read from them."""

import jaxtyping
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from aecore.analysis.export import decoder_onnx
from aecore.analysis.plain_network import plain_network
from aecore.analysis.trained import model_of


@pytest.fixture(autouse=True)
def _shapes_unchecked(monkeypatch):
    """While torch records, shapes are tensors, which the tests' shape checks cannot compare."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def read(nodes, **weights):
    """What is made of a graph of codes of two numbers and images of 1 x 1 x 2."""
    graph = helper.make_graph(
        [helper.make_node(*node[:3], **dict(node[3:])) for node in nodes],
        "drawn by hand",
        [helper.make_tensor_value_info("codes", TensorProto.FLOAT, ["batch", 2])],
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 1, 1, 2])],
        [numpy_helper.from_array(np.asarray(each), name) for name, each in weights.items()],
    )
    return plain_network(helper.make_model(graph).SerializeToString())


def operations(network):
    return [step.operation for step in network.steps]


def test_a_layer_and_a_sigmoid_are_two_steps_with_the_weights_of_the_model(make):
    trained = make("simple", (3, 20, 24), bottleneck__code_size=5)
    network = plain_network(decoder_onnx(trained))
    assert (network.latent, network.image_shape) == (5, (3, 20, 24))
    assert operations(network) == ["dense", "sigmoid"]
    matrix, bias = network.steps[0].arrays
    layer = model_of(trained).decoder[0]
    assert np.array_equal(matrix, layer.weight.numpy())
    assert np.array_equal(bias, layer.bias.numpy())


def test_tied_weights_are_turned_as_the_decoder_uses_them(make):
    trained = make("tied", network__hidden=(), bottleneck__code_size=3)
    network = plain_network(decoder_onnx(trained))
    matrix, _ = network.steps[0].arrays
    assert np.array_equal(matrix, model_of(trained).encoder[1].weight.numpy().T)


@pytest.mark.parametrize("changes", [{}, {"network__channels": (4,)}])
def test_a_convolutional_decoder_is_not_plain(make, changes):
    assert plain_network(decoder_onnx(make("convolutional", (3, 20, 24), **changes))) is None


def test_a_product_of_matrices_and_a_sum_are_read_as_they_stand():
    network = read(
        [("MatMul", ["codes", "w"], ["a"]), ("Sub", ["a", "c"], ["b"]), ("Div", ["b", "d"], ["images"])],
        w=np.float32([[1, 2], [3, 4]]),
        c=np.float32([5, 6]),
        d=np.float32(4),
    )
    assert operations(network) == ["dense", "scale", "scale"]
    arrays = [[each.tolist() for each in step.arrays] for step in network.steps]
    assert arrays == [[[[1, 3], [2, 4]], [0, 0]], [[1, 1], [-5, -6]], [[0.25], [0]]]


def test_the_factors_of_a_layer_are_in_its_weights():
    network = read(
        [("Gemm", ["codes", "w", "b"], ["images"], ("alpha", 2.0), ("beta", 3.0))],
        w=np.float32([[1, 2], [3, 4]]),
        b=np.float32([5, 6]),
    )
    assert [each.tolist() for each in network.steps[0].arrays] == [[[2, 6], [4, 8]], [15, 18]]


IDENTITY = np.eye(2, dtype=np.float32)


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([("Softmax", ["codes"], ["images"])], "no step does it"),
        ([("Reshape", ["codes", "to"], ["a"]), ("Gemm", ["a", "w"], ["images"])], "a matrix over the pixels of a row"),
        ([("Gemm", ["codes", "codes"], ["images"])], "a matrix that depends on the codes"),
        ([("Div", ["to", "codes"], ["images"])], "a number divided by a value"),
        ([("Div", ["codes", "codes"], ["images"])], "a value divided by a value"),
        ([("Cast", ["codes"], ["images"], ("to", TensorProto.INT64))], "whole numbers"),
        ([("Relu", ["codes"], ["a"]), ("Identity", ["codes"], ["images"])], "images that are not the last value"),
        ([("Shape", ["codes"], ["a"]), ("Cast", ["a"], ["b"], ("to", 1)), ("Mul", ["codes", "b"], ["images"])], "size"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_no_list_of_steps_can_say_is_not_plain(nodes, why):
    assert read(nodes, w=IDENTITY, to=np.int64([0, 1, 1, 2])) is None


def test_the_description_names_every_array_of_every_step(make):
    network = plain_network(decoder_onnx(make("deep", network__hidden=(8,))))
    header, arrays = network.described()
    assert (header["latent"], header["shape"]) == (network.latent, [1, 28, 28])
    for described, step in zip(header["steps"], network.steps, strict=True):
        assert described["operation"] == step.operation
        assert all(arrays[name] is each for name, each in zip(described["arrays"], step.arrays, strict=True))
    assert {name for each in header["steps"] for name in each["arrays"]} == set(arrays)
