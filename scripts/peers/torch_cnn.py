#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains the network of Tally's --preset cnn with PyTorch in one thread; prints its speed as a line of
JSON. Seconds are those of the processor, so that other programs on the machine count less."""
import time

import torch
from idx import read_training
from peer import parse_options, print_result, samples_per_second
from torch_recipe import Step, accuracy, decayed_weights, facts, shuffled_batches


def make_network() -> torch.nn.Module:
    layers = torch.nn
    return layers.Sequential(
        layers.Conv2d(1, 16, 5), layers.ReLU(), layers.MaxPool2d(2), layers.Conv2d(16, 32, 5),
        layers.ReLU(), layers.MaxPool2d(2), layers.Flatten(), layers.Linear(512, 128), layers.ReLU(),
        layers.Linear(128, 10))


def main() -> None:
    options = parse_options(
        __doc__, batch_size=64,
        layout={"choices": ("default", "channels-last"), "default": "default",
                "help": "how images and weights lie in memory"})
    torch.set_num_threads(1)
    torch.manual_seed(1)
    images, labels = (torch.from_numpy(array) for array in read_training(options.data))
    images = images.reshape(-1, 1, 28, 28)
    network = make_network()
    if options.layout == "channels-last":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(decayed_weights(network), lr=0.1, momentum=0.9, nesterov=True)
    step = Step(network, optimizer, images, labels)
    rate = samples_per_second(step, shuffled_batches(len(images), options.batch_size),
                              options.batch_size, options.samples, options.warm_up,
                              clock=time.process_time)
    print_result(rate, accuracy(network, images, labels), **facts(), layout=options.layout)


if __name__ == "__main__":
    main()
