#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains Tally's default recipe with PyTorch in one process; prints its speed as a line of JSON."""
import torch
from idx import read_training
from peer import parse_options, print_result, samples_per_second
from torch_recipe import Step, accuracy, make_network, make_optimizer, shuffled_batches


def main() -> None:
    options = parse_options(__doc__, threads={"type": int, "default": 1})
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    images, labels = (torch.from_numpy(array) for array in read_training(options.data))
    network = make_network()
    step = Step(network, make_optimizer(network), images, labels)
    rate = samples_per_second(step, shuffled_batches(len(images), options.batch_size),
                              options.batch_size, options.samples, options.warm_up)
    print_result(rate, accuracy(network, images, labels), version=torch.__version__,
                 threads=options.threads)


if __name__ == "__main__":
    main()
