"""The kernels of `aecore.kernels` played by torch on a processor, from the same arguments: what is written where."""

import torch

from aecore import kernels


def play(monkeypatch):
    """Launch these in the place of a card's, wherever kernels are in use."""
    monkeypatch.setattr(kernels, "_launch", launch)
    monkeypatch.setattr(kernels, "fits", fits)


def fits(*tensors):
    return kernels._IN_USE.get() and all(each.dtype == torch.float32 for each in tensors)


@torch.no_grad()
def launch(name, grid, threads, arguments):
    assert name in kernels.NAMES
    assert all(each.device.type == "cpu" for each in arguments if isinstance(each, torch.Tensor))
    PLAYED[name](grid, *arguments)


def cross_entropy(grid, logits, targets, sums, width, rows):
    x, t = lying(logits, grid[0], width), lying(targets, rows, width)
    each = x.clamp(min=0) - x * again(t, grid[0]) + torch.log1p(torch.exp(-x.abs()))
    lying(sums, grid[0], 1).copy_(each.sum(1, keepdim=True))


def cross_entropy_back(grid, logits, targets, given, back, width, rows):
    x, t = lying(logits, grid[0], width), lying(targets, rows, width)
    lying(back, grid[0], width).copy_(lying(given, grid[0], 1) * (torch.sigmoid(x) - again(t, grid[0])))


def kl(grid, mean, log_variance, sums, width, stride):
    m, v = lying(mean, grid[0], width, stride), lying(log_variance, grid[0], width)
    lying(sums, grid[0], 1).copy_(0.5 * (m * m + v.exp() - v - 1).sum(1, keepdim=True))


def kl_back(grid, mean, log_variance, given, to_mean, to_log_variance, width, stride, count):
    rows = count // width
    m, v, g = lying(mean, rows, width, stride), lying(log_variance, rows, width), lying(given, rows, 1)
    lying(to_mean, rows, width).copy_(g * m)
    lying(to_log_variance, rows, width).copy_(g * 0.5 * (v.exp() - 1))


def draw(grid, mean, log_variance, noise, codes, width, stride, count):
    rows = count // width
    m, v, n = lying(mean, rows, width, stride), lying(log_variance, rows, width), lying(noise, rows, width)
    lying(codes, rows, width).copy_(m + torch.exp(0.5 * v) * n)


def draw_back(grid, given, log_variance, noise, to_log_variance, count):
    g, v, n = (lying(each, 1, count) for each in (given, log_variance, noise))
    lying(to_log_variance, 1, count).copy_(g * n * 0.5 * torch.exp(0.5 * v))


def column_sums(grid, matrices, sums, rows, width):
    lying(sums, grid[1], width).copy_(lying(matrices, grid[1] * rows, width).view(grid[1], rows, width).sum(1))


def adamw(grid, *arguments):
    *slots, rate, first, second, least = arguments
    assert len(slots) == 7 * kernels.SLOTS
    for slot in range(grid[1]):
        *tensors, steps, count, decay = slots[7 * slot : 7 * slot + 7]
        weights, gradient, mean, square = (lying(each, 1, count) for each in tensors)
        mean.lerp_(gradient, 1 - first)
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        spread = (square / (1 - second**steps)).sqrt() + least
        weights.mul_(1 - rate * decay).sub_(rate / (1 - first**steps) * mean / spread)


PLAYED = {each.__name__: each for each in (cross_entropy, cross_entropy_back, kl, kl_back, draw, draw_back)}
PLAYED |= {each.__name__: each for each in (column_sums, adamw)}


def lying(tensor, rows, width, stride=None):
    """The numbers as they lie in memory, whatever shape the tensor has."""
    return tensor.detach().as_strided((rows, width), (width if stride is None else stride, 1))


def again(rows, count):
    """Begun anew after the last row."""
    return rows.repeat(count // len(rows), 1)
