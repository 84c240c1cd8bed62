# SPDX-License-Identifier: MIT
"""Tally's default recipe in PyTorch: network, optimizer, one step. Tensors stay in memory."""
import re
from collections.abc import Iterator

import torch


def make_network() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(784, 100), torch.nn.Tanh(), torch.nn.Linear(100, 50),
                               torch.nn.Tanh(), torch.nn.Linear(50, 10))


def decayed_weights(network: torch.nn.Module) -> list[dict]:
    """Groups of parameters for an optimizer: weights decay by 3e-4, biases do not."""
    parameters = list(network.parameters())
    return [{"params": [block for block in parameters if block.dim() > 1], "weight_decay": 3e-4},
            {"params": [block for block in parameters if block.dim() == 1], "weight_decay": 0}]


def make_optimizer(network: torch.nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(decayed_weights(network), lr=0.2, momentum=0.9)


def shuffled_batches(count: int, batch_size: int, rank: int = 0,
                     ranks: int = 1) -> Iterator[torch.Tensor]:
    """This rank's indices of each batch, epoch after epoch; all ranks shuffle alike."""
    generator = torch.Generator().manual_seed(1)
    used = count - count % ranks  # ranks with batches of other lengths would wait for each other
    while True:
        order = torch.randperm(count, generator=generator)[:used]
        for first in range(0, used, batch_size):
            yield order[first + rank : first + batch_size : ranks]


def whole_batches(batches: Iterator[torch.Tensor], batch_size: int) -> Iterator[torch.Tensor]:
    """Without the short one at the end of an epoch, for which torch.compile compiles anew."""
    return (batch for batch in batches if len(batch) == batch_size)


class Step:
    """One SGD update from the samples of a batch."""

    def __init__(self, network, optimizer, images, labels, is_compiled: bool = False):
        self.images, self.labels, self.optimizer = images, labels, optimizer
        self.loss = lambda x, y: torch.nn.functional.cross_entropy(network(x), y)
        self.update = optimizer.step
        if is_compiled:
            self.loss, self.update = torch.compile(self.loss), torch.compile(self.update)

    def __call__(self, batch: torch.Tensor) -> None:
        # index_select is the fastest of the ways to gather rows; the gradients are made anew
        # because that spares a pass that fills them with zeros.
        inputs = self.images.index_select(0, batch)
        targets = self.labels.index_select(0, batch)
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(inputs, targets).backward()
        self.update()


def accuracy(network, images, labels, count: int = 10_000) -> float:
    with torch.no_grad():
        return (network(images[:count]).argmax(1) == labels[:count]).float().mean().item()


def facts() -> dict[str, str]:
    """What this build is, and what it uses of the processor."""
    told = torch.__config__.show()
    capability = re.search(r"CPU capability usage: (\S+)", told).group(1)
    mkl = re.search(r"Math Kernel Library Version (\S+?)-", told)
    onednn = re.search(r"MKL-DNN v(\S+)", told)
    return {"version": torch.__version__, "instructions": capability,
            "mkl": mkl.group(1) if mkl else "", "onednn": onednn.group(1) if onednn else ""}
