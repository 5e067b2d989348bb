"""A dense decoder as a list of steps that any language runs in a few lines: matrices, sums and curves, no runtime.

    value 0    the codes                    [batch, latent]
    value i    what step i gives            [batch, width of the step]; the last one is the images, row by row

    dense      W x + b                      W [width, width of x], b [width]
    norm       s (x - mean) / sqrt(variance + epsilon) + t     over the numbers of each image; s, t [width]
    scale      s x + t                      s, t [width], or [1] for all alike
    add, multiply                           two values, number by number
    relu, sigmoid, tanh, erf

SiLU is a sigmoid and a product, GELU an erf, scales and products: the exporter writes them so, and nothing here needs
to know. A network of anything else (convolutions, resizing, a step that depends on the size of the batch) has no such
list; it needs onnxruntime. assets/browser/plain.js runs the steps, and the browser tests hold every dense decoder of
the catalog against torch.

Source: the operators of ONNX (github.com/onnx/onnx, docs/Operators.md). The steps are our own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

CURVES = {"Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Erf": "erf"}
PAIRS = {"Add": "add", "Mul": "multiply"}
FLOAT = 1  # the number by which ONNX knows float32


@dataclass(frozen=True)
class Step:
    """One operation: which values it takes, how many numbers per image it gives, and its weights."""

    operation: str
    takes: tuple[int, ...]
    width: int
    arrays: tuple[Floats, ...] = ()
    epsilon: float = 0.0


@dataclass(frozen=True)
class PlainNetwork:
    """Codes of `latent` numbers -> images of `image_shape` (channels, height, width) in [0, 1]."""

    latent: int
    image_shape: tuple[int, ...]
    steps: tuple[Step, ...]

    def described(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """The header and the arrays that plain.js expects in one packed block."""
        arrays: dict[str, Floats] = {}
        steps = []
        for number, step in enumerate(self.steps):
            names = [f"{number}.{place}" for place in range(len(step.arrays))]
            arrays |= dict(zip(names, step.arrays, strict=True))
            steps.append(
                {
                    "operation": step.operation,
                    "takes": list(step.takes),
                    "width": step.width,
                    "arrays": names,
                    "epsilon": step.epsilon,
                }
            )
        return {"latent": self.latent, "shape": list(self.image_shape), "steps": steps}, arrays


def plain_network(decoder: bytes) -> PlainNetwork | None:
    """The steps of an ONNX decoder ("codes" -> "images", see `aecore.analysis.export`); None where it has others."""
    import onnx

    graph = onnx.load_from_string(decoder).graph
    (latent,), shape = _shape(graph.input[0]), _shape(graph.output[0])
    reader = _Reader({each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer})
    reader.values[graph.input[0].name] = _Value(0, latent)
    try:
        for node in graph.node:
            reader.read(node.op_type, node.input, node.output[0], _attributes(node))
        result = reader.values[graph.output[0].name]
    except _NotPlain:
        return None
    if result.number != len(reader.steps) or result.width != prod(shape):
        return None
    return PlainNetwork(latent, shape, tuple(reader.steps))


def _shape(tensor: Any) -> tuple[int, ...]:
    """Without the batch."""
    return tuple(each.dim_value for each in tensor.type.tensor_type.shape.dim[1:])


def _attributes(node: Any) -> dict[str, Any]:
    import onnx

    found = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    if node.op_type == "Constant" and "value" in found:
        found["value"] = onnx.numpy_helper.to_array(found["value"])
    return found


class _NotPlain(Exception):  # noqa: N818
    """The graph does what no step can do."""


class _Value(NamedTuple):
    """A value that depends on the codes. Once `shaped` into an image, its last axis is no longer all of its numbers."""

    number: int  # of the step that gives it, counted from 1; 0 are the codes
    width: int
    shaped: bool = False


@dataclass
class _Reader:
    """Goes through the nodes in their order. What is neither weight nor value only speaks of shapes."""

    weights: dict[str, npt.NDArray[Any]]
    values: dict[str, _Value] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def read(self, operator: str, takes: Sequence[str], gives: str, attributes: Mapping[str, Any]) -> None:
        """One node. _NotPlain where it does something to a value that is no step."""
        if operator == "Shape":
            return
        if any(name in self.values for name in takes):
            read = _OPERATORS.get(operator)
            if read is None:
                raise _NotPlain
            self.values[gives] = read(self, takes, attributes)
        elif operator == "Constant" and "value" in attributes:
            self.weights[gives] = attributes["value"]
        elif operator == "Identity" and takes[0] in self.weights:
            self.weights[gives] = self.weights[takes[0]]
        elif operator == "Transpose" and takes[0] in self.weights:
            self.weights[gives] = self.weights[takes[0]].transpose(attributes.get("perm"))

    def value(self, name: str, row: bool = False) -> _Value:
        """A value; _NotPlain for anything else, and with `row` for one that has been shaped into an image."""
        found = self.values.get(name)
        if found is None or (row and found.shaped):
            raise _NotPlain
        return found

    def weight(self, name: str) -> Floats:
        """The weights of this name in float32; _NotPlain where they are computed or no numbers of that kind."""
        found = self.weights.get(name)
        if found is None or found.dtype.kind != "f":
            raise _NotPlain
        return np.ascontiguousarray(found, np.float32)

    def step(self, operation: str, takes: Sequence[_Value], width: int, *arrays: Floats, epsilon: float = 0) -> _Value:
        """Write a step down; gives its value."""
        numbers = tuple(each.number for each in takes)
        self.steps.append(Step(operation, numbers, width, arrays, float(epsilon)))
        return _Value(len(self.steps), width, takes[0].shaped)


def _gemm(reader: _Reader, takes: Sequence[str], attributes: Mapping[str, Any]) -> _Value:
    value, matrix = reader.value(takes[0], row=True), reader.weight(takes[1])
    if attributes.get("transA", 0):
        raise _NotPlain
    rows = matrix if attributes.get("transB", 0) else matrix.T
    bias = reader.weight(takes[2]) if len(takes) > 2 else np.zeros(1, np.float32)
    alpha, beta = np.float32(attributes.get("alpha", 1.0)), np.float32(attributes.get("beta", 1.0))
    return _dense(reader, value, alpha * rows, beta * bias)


def _matmul(reader: _Reader, takes: Sequence[str], _: Mapping[str, Any]) -> _Value:
    value, matrix = reader.value(takes[0], row=True), reader.weight(takes[1])
    return _dense(reader, value, matrix.T, np.zeros(1, np.float32))


def _dense(reader: _Reader, value: _Value, rows: Floats, bias: Floats) -> _Value:
    if rows.ndim != 2 or rows.shape[1] != value.width:
        raise _NotPlain
    whole = np.ascontiguousarray(np.broadcast_to(bias, len(rows)))
    return reader.step("dense", [value], len(rows), np.ascontiguousarray(rows), whole)


def _norm(reader: _Reader, takes: Sequence[str], attributes: Mapping[str, Any]) -> _Value:
    value = reader.value(takes[0], row=True)
    if attributes.get("axis", -1) not in (-1, 1):
        raise _NotPlain
    scale = reader.weight(takes[1])
    shift = reader.weight(takes[2]) if len(takes) > 2 else np.zeros_like(scale)
    return reader.step("norm", [value], value.width, scale, shift, epsilon=attributes.get("epsilon", 1e-5))


def _curve(operation: str) -> "_Operator":
    def read(reader: _Reader, takes: Sequence[str], _: Mapping[str, Any]) -> _Value:
        value = reader.value(takes[0])
        return reader.step(operation, [value], value.width)

    return read


def _same(reader: _Reader, takes: Sequence[str], attributes: Mapping[str, Any]) -> _Value:
    if attributes.get("to", FLOAT) != FLOAT:
        raise _NotPlain
    return reader.value(takes[0])


def _shaped(reader: _Reader, takes: Sequence[str], _: Mapping[str, Any]) -> _Value:
    """Row by row the numbers stay where they are."""
    return reader.value(takes[0])._replace(shaped=True)


def _arithmetic(operator: str) -> "_Operator":
    def read(reader: _Reader, takes: Sequence[str], _: Mapping[str, Any]) -> _Value:
        if all(name in reader.values for name in takes):
            return _pair(reader, operator, takes)
        if takes[0] in reader.values:
            return _scale(reader, operator, takes[0], takes[1])
        if operator in PAIRS:
            return _scale(reader, operator, takes[1], takes[0])
        raise _NotPlain

    return read


def _pair(reader: _Reader, operator: str, takes: Sequence[str]) -> _Value:
    first, second = (reader.value(name) for name in takes)
    if operator not in PAIRS or (first.width, first.shaped) != (second.width, second.shaped):
        raise _NotPlain
    return reader.step(PAIRS[operator], [first, second], first.width)


def _scale(reader: _Reader, operator: str, value_name: str, weight_name: str) -> _Value:
    """A value with weights of its own width, or with one number."""
    value, weight = reader.value(value_name), reader.weight(weight_name)
    if weight.size != 1 and (weight.shape != (value.width,) or value.shaped):
        raise _NotPlain
    numbers = weight.reshape(-1)
    one, none = np.ones_like(numbers), np.zeros_like(numbers)
    with np.errstate(divide="ignore"):
        forms: dict[str, tuple[Floats, Floats]] = {
            "Add": (one, numbers),
            "Sub": (one, -numbers),
            "Mul": (numbers, none),
            "Div": (np.reciprocal(numbers), none),
        }
    return reader.step("scale", [value], value.width, *forms[operator])


_Operator = Callable[[_Reader, Sequence[str], Mapping[str, Any]], _Value]
_OPERATORS: dict[str, _Operator] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "LayerNormalization": _norm,
    "Identity": _same,
    "Cast": _same,
    "Reshape": _shaped,
    "Flatten": _shaped,
    **{operator: _curve(step) for operator, step in CURVES.items()},
    **{operator: _arithmetic(operator) for operator in ("Add", "Sub", "Mul", "Div")},
}
