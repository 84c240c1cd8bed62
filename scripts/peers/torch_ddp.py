#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains Tally's default recipe with PyTorch's DistributedDataParallel over gloo, in processes of
one thread each that share a batch; prints the speed of all together as a line of JSON."""
import argparse
import ctypes
import os
import signal

import torch
from idx import read_training
from peer import parse_options, print_result, samples_per_second
from torch import distributed, multiprocessing
from torch.nn.parallel import DistributedDataParallel
from torch_recipe import (Step, accuracy, facts, make_network, make_optimizer,
                          shuffled_batches)


PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def train(rank: int, port: int, options: argparse.Namespace) -> None:
    # Whatever ends the parent ends this too; the interrupt PyTorch asks for may be ignored.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    ranks = options.processes
    torch.set_num_threads(1)
    torch.manual_seed(1)
    store = distributed.TCPStore("127.0.0.1", port, is_master=False)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=ranks)
    images, labels = (torch.from_numpy(array) for array in read_training(options.data))
    network = DistributedDataParallel(make_network(), gradient_as_bucket_view=True)
    step = Step(network, make_optimizer(network), images, labels)
    batches = shuffled_batches(len(images), options.batch_size, rank, ranks)
    distributed.barrier()
    # Every update waits for all ranks, which take shares of one size: their rates are alike.
    rate = ranks * samples_per_second(step, batches, options.batch_size // ranks,
                                      options.samples // ranks, options.warm_up // ranks)
    distributed.barrier()
    if rank == 0:
        print_result(rate, accuracy(network.module, images, labels), **facts(), processes=ranks)
    distributed.destroy_process_group()


def main() -> None:
    options = parse_options(__doc__, processes={"type": int, "default": 2})
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    # The system picks the port as the store takes it, so nobody else can take it in between.
    store = distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    multiprocessing.spawn(train, args=(store.port, options), nprocs=options.processes)


if __name__ == "__main__":
    main()
