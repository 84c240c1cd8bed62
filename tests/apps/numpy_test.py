# SPDX-License-Identifier: MIT
"""500 updates against NumPy in float64, from the same initial parameters in the same order."""
import h5py
import numpy

from tally_testing import DIGITS, TallyTest, main, read_csv, read_dataset

UPDATES = 500
TOLERANCE = 1e-4


def layers_of(file, root):
    """[(weight, bias)] by layer, in float64."""
    names = sorted(file[root], key=lambda name: int(name.split("-")[0]))
    return [[file[root][name][kind][:].astype(numpy.float64).squeeze(0) if kind == "bias"
             else file[root][name][kind][:].astype(numpy.float64) for kind in ("weight", "bias")]
            for name in names]


class Reference:
    """784-30-20-10 with tanh, written from the formulas: y = x W + b, SGD as PyTorch has it, with one decay of
    weights and one of biases."""

    def __init__(self, layers, loss, momentum, nesterov, decays, rate):
        self.parameters = [value for layer in layers for value in layer]
        self.velocity = [numpy.zeros_like(value) for value in self.parameters]
        self.loss, self.momentum, self.nesterov = loss, momentum, nesterov
        self.decays, self.rate = decays, rate

    def gradients(self, x, labels):
        activations = [x]
        last = len(self.parameters) // 2 - 1
        for i in range(last + 1):
            z = activations[-1] @ self.parameters[2 * i] + self.parameters[2 * i + 1]
            activations.append(z if i == last else numpy.tanh(z))
        target = numpy.eye(z.shape[1])[labels]
        if self.loss == "mse":
            grad = 2 / z.shape[1] * (z - target)
        else:
            p = numpy.exp(z - z.max(axis=1, keepdims=True))
            grad = p / p.sum(axis=1, keepdims=True) - target
        result = []
        for i in reversed(range(last + 1)):
            result = [activations[i].T @ grad, grad.sum(axis=0)] + result
            grad = grad @ self.parameters[2 * i].T * (1 - activations[i] ** 2)
        return [g / len(x) for g in result]

    def update(self, x, labels):
        for i, gradient in enumerate(self.gradients(x, labels)):
            g = gradient + self.decays[i % 2] * self.parameters[i]
            v = self.velocity[i] = self.momentum * self.velocity[i] + g
            self.parameters[i] = self.parameters[i] - self.rate * (
                g + self.momentum * v if self.nesterov else v)


class AgainstNumpy(TallyTest):
    def difference(self, batch, loss, momentum, nesterov, rate, updates=UPDATES, decay="weights"):
        """The largest relative difference over all parameter blocks, by the norm of the block."""
        recipe = ["--network", "dense:30,tanh,dense:20,tanh,dense:10", "--batch-size", batch,
                  "--loss", loss, "--momentum", momentum, "--weight-decay", 1e-3, "--decay", decay,
                  "--learning-rate", rate, "--schedule", "constant", "--epochs", 99, "--quiet"]
        if nesterov:
            recipe.append("--nesterov")
        name = f"{batch}-{loss}-{momentum}-{nesterov}-{updates}-{decay}"
        order = self.directory / f"{name}.csv"
        self.train(f"{name}-start", *recipe, "--max-steps", 0)
        self.train(f"{name}-end", *recipe, "--max-steps", updates, "--dump-order", order, ranks=2)

        images, labels, _, _ = read_dataset(DIGITS)
        inputs = images.reshape(len(images), -1).astype(numpy.float64) / 255
        checkpoints = self.directory / f"{name}-start" / "checkpoints"
        with h5py.File(checkpoints / "step-000000000000.h5") as file:
            reference = Reference(layers_of(file, "model"), loss, momentum, nesterov,
                                  (1e-3, 1e-3 if decay == "all" else 0), rate)
        steps = {}
        for row in read_csv(order):
            steps.setdefault(int(row["step"]), []).append(int(row["sample"]))
        self.assertEqual(len(steps), updates)
        for step in sorted(steps):
            reference.update(inputs[steps[step]], labels[steps[step]])
        with h5py.File(self.directory / f"{name}-end" / "checkpoints" /
                       f"step-{updates:012}.h5") as file:
            found = [value for layer in layers_of(file, "model") for value in layer]
        return max(numpy.linalg.norm(a - b) / numpy.linalg.norm(b)
                   for a, b in zip(found, reference.parameters))

    def test_500_updates_stay_within_rounding(self):
        for batch in (1, 64):
            for loss in ("softmax-cross-entropy", "mse"):
                for nesterov in (False, True):
                    rate = 0.005 if batch == 1 else 0.05
                    difference = self.difference(batch, loss, 0.9, nesterov, rate)
                    print(f"batch {batch}, {loss}, nesterov {nesterov}: {difference:.1e}")
                    self.assertLessEqual(difference, TOLERANCE)

    def test_biases_decay_where_they_are_told_to(self):
        for batch, rate in ((1, 0.005), (64, 0.05)):
            self.assertLessEqual(self.difference(batch, "mse", 0.9, False, rate, decay="all"), TOLERANCE)

    def test_how_the_difference_grows(self):
        differences = {updates: self.difference(64, "softmax-cross-entropy", 0.9, False, 0.05,
                                                updates)
                       for updates in (1, 10, 100, 500, 1000)}
        print("updates: relative difference", {k: f"{v:.1e}" for k, v in differences.items()})
        self.assertLess(differences[1], 1e-6)
        self.assertLessEqual(differences[1000], TOLERANCE)


if __name__ == "__main__":
    main()
