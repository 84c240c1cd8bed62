#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains the paper's recipe with NumPy, one sample at a time; prints its speed as a line of JSON.

784-100-50-10 with tanh, mean squared error, weights from -0.5 to 0.5, learning rate 0.1, the first
2,000 images in order.
"""
import itertools

import numpy
from idx import read_training
from peer import parse_options, print_result, samples_per_second

SIZES = (784, 100, 50, 10)
RATE = 0.1  # a number of Python, which leaves float32 arrays what they are


class Network:
    """Parameters, and one update from one sample; with `form` plain as one writes it down."""

    def __init__(self, kind, form: str):
        random = numpy.random.default_rng(1)
        shapes = list(zip(SIZES, SIZES[1:]))
        self.weights = [random.uniform(-0.5, 0.5, shape).astype(kind) for shape in shapes]
        self.biases = [random.uniform(-0.5, 0.5, shape[1]).astype(kind) for shape in shapes]
        self.products = [numpy.empty_like(weight) for weight in self.weights]
        self.update = self.update_plain if form == "plain" else self.update_in_place

    def forward(self, image):
        activations = [image]
        for weight, bias in zip(self.weights, self.biases):
            activations.append(numpy.tanh(activations[-1] @ weight + bias))
        return activations

    def update_plain(self, image, target) -> None:
        activations = self.forward(image)
        grad = 2 / len(target) * (activations[-1] - target)
        for i in reversed(range(len(self.weights))):
            grad_sum = grad * (1 - activations[i + 1] ** 2)
            grad = self.weights[i] @ grad_sum
            self.weights[i] -= RATE * numpy.outer(activations[i], grad_sum)
            self.biases[i] -= RATE * grad_sum

    def update_in_place(self, image, target) -> None:
        """The outer product is a matrix product of BLAS into a buffer, the learning rate is put
        into its shorter factor, and the first layer has no gradient of its input: twice as fast."""
        activations = self.forward(image)
        grad = 2 / len(target) * (activations[-1] - target)
        for i in reversed(range(len(self.weights))):
            output = activations[i + 1]
            grad_sum = grad * (1 - output * output)
            if i > 0:
                grad = self.weights[i] @ grad_sum
            grad_sum *= RATE
            numpy.dot(activations[i][:, None], grad_sum[None, :], out=self.products[i])
            self.weights[i] -= self.products[i]
            self.biases[i] -= grad_sum


def main() -> None:
    options = parse_options(
        __doc__.splitlines()[0], batch_size=None,
        type={"choices": ("float32", "float64"), "default": "float32"},
        form={"choices": ("plain", "in-place"), "default": "in-place"})
    kind = numpy.dtype(options.type)
    images, labels = read_training(options.data)
    images, labels = images[:2000].astype(kind), labels[:2000]
    targets = numpy.eye(SIZES[-1], dtype=kind)[labels]
    network = Network(kind, options.form)
    samples = itertools.cycle([(i,) for i in range(len(images))])
    rate = samples_per_second(lambda batch: network.update(images[batch[0]], targets[batch[0]]),
                              samples, 1, options.samples, options.warm_up)
    right = [int(network.forward(image)[-1].argmax()) == label
             for image, label in zip(images, labels)]
    print_result(rate, sum(right) / len(right), version=numpy.__version__, type=options.type,
                 form=options.form)


if __name__ == "__main__":
    main()
