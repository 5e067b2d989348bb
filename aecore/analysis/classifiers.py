"""Classical classifiers: what numbers of an image, pixels or codes, say about its class.

    logistic regression    argmax_c (W x + b)_c
    SVM with RBF kernel    one against one, k(x, y) = exp(-|x - y|^2 / (d var(x)))
    label propagation      F = (1 - a) (I - a S)^-1 Y     S: symmetric, normalised graph of nearest neighbours

Label propagation uses the unlabelled codes too: labels spread along the graph, and an image that is not part of it
takes the weighted vote of its nearest neighbours there.

Source: Cortes and Vapnik, "Support-Vector Networks", Machine Learning 1995; Zhou, Bousquet, Lal, Weston, Schoelkopf,
"Learning with Local and Global Consistency", NIPS 2003. Weights by the distance to the farthest neighbour of each
point, and the classes' shares evened out before the vote, are our choices.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aecore.analysis.trained import Floats, Indices

Predict = Callable[[Floats], Indices]  # features [n, d] -> class of each [n]

PENALTY = 3.0  # C of the SVM
NEIGHBOURS = 10
SPREAD = 0.99  # a: how far labels travel
ROUNDS = 40


def error_percent(predict: Predict, features: Floats, labels: Indices) -> float:
    """How many of 100 are put into a wrong class."""
    return 100.0 * float(np.mean(predict(features) != labels))


def logistic_regression(features: Floats, labels: Indices) -> Predict:
    """Fitted with scikit-learn's default L2 penalty of 1."""
    from sklearn.linear_model import LogisticRegression

    classifier: Any = LogisticRegression(max_iter=5000, tol=1e-3)  # type: ignore[no-untyped-call]
    return _fitted(classifier, features, labels)


def support_vectors(features: Floats, labels: Indices) -> Predict:
    """An SVM with RBF kernel on features as they are."""
    from sklearn.svm import SVC

    classifier: Any = SVC(C=PENALTY, gamma="scale")  # type: ignore[no-untyped-call]
    return _fitted(classifier, features, labels)


def _fitted(classifier: Any, features: Floats, labels: Indices) -> Predict:
    """A single class has nothing to be told from: everything is of it."""
    if len(np.unique(labels)) == 1:
        return lambda others: np.full(len(others), labels[0], np.int64)
    classifier.fit(features, labels)
    return lambda others: np.asarray(classifier.predict(others), np.int64)


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The nearest neighbours among `count` known points of as many others: who, and how much each counts."""

    indices: Indices  # [n, neighbours]
    weights: Floats  # [n, neighbours], 0 to 1


class LabelPropagation:
    """A graph over codes, made once; labels of some of them are then spread in a moment."""

    def __init__(self, codes: Floats):
        from sklearn.neighbors import NearestNeighbors

        search: Any = NearestNeighbors(n_neighbors=min(NEIGHBOURS + 1, len(codes)), algorithm="brute")  # type: ignore[no-untyped-call]
        self._search = search.fit(codes)
        self._count = len(codes)
        around = self._around(codes, skip_first=True)
        self._graph = _normalised(around, self._count)

    def near(self, codes: Floats) -> Neighbourhood:
        """The neighbours of codes that are not part of the graph."""
        return self._around(codes, skip_first=False)

    def spread(self, labelled: Indices, labels: Indices, near: Neighbourhood) -> Indices:
        """The class of each code whose neighbours are given; `labelled` are places in the graph, `labels` theirs."""
        known = torch.zeros(self._count, int(labels.max()) + 1)
        known[torch.from_numpy(labelled), torch.from_numpy(labels)] = 1.0
        belief = known
        for _ in range(ROUNDS):
            belief = SPREAD * torch.sparse.mm(self._graph, belief) + (1 - SPREAD) * known
        belief = belief / belief.sum(0).clamp(min=1e-12)  # a class whose labels lie in the thick of it gains nothing
        belief = belief / belief.sum(1, keepdim=True).clamp(min=1e-30)
        votes = np.einsum("nk,nkc->nc", near.weights, belief.numpy()[near.indices])
        return np.asarray(votes.argmax(1), np.int64)

    def _around(self, codes: Floats, skip_first: bool) -> Neighbourhood:
        distances, indices = self._search.kneighbors(codes)
        if skip_first and distances.shape[1] > 1:  # a point is its own nearest neighbour
            distances, indices = distances[:, 1:], indices[:, 1:]
        scale = np.maximum(distances[:, -1:], 1e-12)
        return Neighbourhood(indices.astype(np.int64), np.exp(-((distances / scale) ** 2)).astype(np.float32))


def _normalised(around: Neighbourhood, count: int) -> Tensor:
    """D^-1/2 (W + W^T) D^-1/2: [count, count], sparse."""
    indices = torch.from_numpy(around.indices.ravel())
    rows = torch.arange(count).repeat_interleave(around.indices.shape[1])
    weights = torch.from_numpy(around.weights.ravel())
    there, back = torch.stack([rows, indices]), torch.stack([indices, rows])
    scale = torch.zeros(count).index_add_(0, rows, weights).index_add_(0, indices, weights)
    scale = scale.clamp(min=1e-12).rsqrt()
    weights = weights * scale[rows] * scale[indices]
    edges = torch.cat([there, back], 1)
    return torch.sparse_coo_tensor(edges, weights.repeat(2), (count, count), check_invariants=False).coalesce()
