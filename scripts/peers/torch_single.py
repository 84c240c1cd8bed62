#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains Tally's default recipe with PyTorch in one process; prints its speed as a line of JSON."""
import torch
from idx import read_training
from peer import parse_options, print_result, samples_per_second
from torch_recipe import (Step, accuracy, facts, make_network, make_optimizer, shuffled_batches,
                          whole_batches)


def main() -> None:
    options = parse_options(
        __doc__, threads={"type": int, "default": 1},
        compile={"action": "store_true", "help": "forward, backward and update by torch.compile"})
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    images, labels = (torch.from_numpy(array) for array in read_training(options.data))
    network = make_network()
    step = Step(network, make_optimizer(network), images, labels, options.compile)
    batches = shuffled_batches(len(images), options.batch_size)
    if options.compile:
        batches = whole_batches(batches, options.batch_size)
    rate = samples_per_second(step, batches, options.batch_size, options.samples, options.warm_up)
    print_result(rate, accuracy(network, images, labels), **facts(), threads=options.threads)


if __name__ == "__main__":
    main()
