# SPDX-License-Identifier: MIT
"""Updates of networks with batch norm, dropout and leaky relu against NumPy in float64, written from the formulas:
from the same initial parameters, on the same micro-batches, with random numbers of its own by Philox."""
import h5py
import numpy

from tally_testing import DIGITS, TallyTest, main, read_csv, read_dataset

TOLERANCE = 1e-4
DROP_OUT = 8  # the purpose of its random numbers, in include/tally/core/random.hpp


def philox(counters, key):
    """Philox4x32-10 (Salmon et al., SC'11) of [n x 4] counters."""
    low = numpy.uint64(0xFFFFFFFF)
    c = [counters[:, i].astype(numpy.uint64) for i in range(4)]
    k = [numpy.uint64(key & 0xFFFFFFFF), numpy.uint64(key >> 32)]
    for _ in range(10):
        first, second = c[0] * numpy.uint64(0xD2511F53), c[2] * numpy.uint64(0xCD9E8D57)
        c = [(second >> numpy.uint64(32)) ^ c[1] ^ k[0], second & low,
             (first >> numpy.uint64(32)) ^ c[3] ^ k[1], first & low]
        k = [(k[0] + numpy.uint64(0x9E3779B9)) & low, (k[1] + numpy.uint64(0xBB67AE85)) & low]
    return numpy.stack(c, axis=1)


def uniform(seed, purpose, epoch, item, count):
    """The first numbers of a stream, in 0..1."""
    blocks = -(-count // 4)
    counters = numpy.array([[block, item, epoch, purpose] for block in range(blocks)], numpy.uint64)
    return philox(counters, seed).reshape(-1)[:count] / 2**32


class Dense:
    kinds = ("weight", "bias")
    decays = (True, False)

    def __init__(self, parameters, **_):
        self.weight, self.bias = parameters

    def forward(self, x, _):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad):
        return grad @ self.weight.T, [self.x.T @ grad, grad.sum(axis=0)]


class LeakyRelu:
    kinds = ()

    def __init__(self, _, **__):
        pass

    def forward(self, x, _):
        self.slope = numpy.where(x > 0, 1, 0.01)
        return x * self.slope

    def backward(self, grad):
        return grad * self.slope, []


class Dropout:
    kinds = ()

    def __init__(self, _, share, position, seed):
        self.share, self.purpose, self.seed = float(share), DROP_OUT | (position + 1) << 8, seed

    def forward(self, x, batch):
        kept = [uniform(self.seed, self.purpose, batch["epoch"], sample, x.shape[1]) >= self.share
                for sample in batch["samples"]]
        self.factors = numpy.array(kept) / (1 - self.share)
        return x * self.factors

    def backward(self, grad):
        return grad * self.factors, []


class BatchNorm:
    kinds = ("weight", "bias", "running_mean", "running_var")
    decays = (False, False)

    def __init__(self, parameters, momentum="0.1", epsilon="1e-5", **_):
        self.weight, self.bias, self.mean, self.variance = parameters
        self.momentum, self.epsilon = float(momentum), float(epsilon)

    def forward(self, x, _):
        self.shape = x.shape
        x = x.reshape(-1, self.weight.size)
        self.found = x.mean(axis=0), x.var(axis=0, ddof=1)
        self.deviation = numpy.sqrt(x.var(axis=0) + self.epsilon)
        self.z = (x - self.found[0]) / self.deviation
        return (self.weight * self.z + self.bias).reshape(self.shape)

    def backward(self, grad):
        grad = grad.reshape(self.z.shape)
        grad_weight, grad_bias = (grad * self.z).sum(axis=0), grad.sum(axis=0)
        grad_x = self.weight / self.deviation * (grad - grad_bias / len(grad) - self.z * grad_weight / len(grad))
        rows = self.shape[0]
        return grad_x.reshape(self.shape), [grad_weight, grad_bias, *(rows * value for value in self.found)]


KINDS = {"dense": Dense, "leaky-relu": LeakyRelu, "dropout": Dropout, "batch-norm": BatchNorm}


def shaped(name, part, value):
    """A dataset of parameters as NumPy has it: a matrix of weights, or a vector."""
    return value if part == "weight" and name == "dense" else value[0]


class Reference:
    """Goes on from the state in a checkpoint."""

    def __init__(self, network, file, seed, momentum, decay, rate):
        self.momentum, self.decay, self.rate = momentum, decay, rate
        self.layers, self.velocities = [], []
        for position, token in enumerate(network.split(",")):
            name, *words = token.split(":")
            kind = KINDS[name]
            parameters, velocities = ([
                shaped(name, part, file[f"{group}/{position}-{name}/{part}"][:].astype(numpy.float64))
                for part in kind.kinds if group == "model" or not part.startswith("running")]
                for group in ("model", "optimizer"))
            options = {"share": words[0], "position": position, "seed": seed} if name == "dropout" else (
                dict(zip(("momentum", "epsilon"), words)))
            self.layers.append(kind(parameters, **options))
            self.velocities.append(velocities)

    def gradients(self, x, labels, batch):
        for layer in self.layers:
            x = layer.forward(x, batch)
        p = numpy.exp(x - x.max(axis=1, keepdims=True))
        grad = p / p.sum(axis=1, keepdims=True) - numpy.eye(x.shape[1])[labels]
        result = []
        for layer in reversed(self.layers):
            grad, of_layer = layer.backward(grad)
            result.insert(0, of_layer)
        return result

    def update(self, micro_batches):
        """Of (inputs, labels, batch) of one step."""
        sums = None
        for micro_batch in micro_batches:
            found = self.gradients(*micro_batch)
            sums = found if sums is None else [[a + b for a, b in zip(*pair)] for pair in zip(sums, found)]
        samples = sum(len(labels) for _, labels, _ in micro_batches)
        for layer, velocities, of_layer in zip(self.layers, self.velocities, sums):
            for i, (kind, total) in enumerate(zip(layer.kinds, of_layer)):
                name = {"running_mean": "mean", "running_var": "variance"}.get(kind, kind)
                value, mean = getattr(layer, name), total / samples
                if kind.startswith("running"):
                    setattr(layer, name, value + layer.momentum * (mean - value))
                    continue
                g = mean + (self.decay * value if layer.decays[i] else 0)
                velocities[i] = self.momentum * velocities[i] + g
                setattr(layer, name, value - self.rate * velocities[i])

    def blocks(self):
        """Group in a checkpoint, layer, part and values of all parameters and velocities."""
        for position, (layer, velocities) in enumerate(zip(self.layers, self.velocities)):
            for i, kind in enumerate(layer.kinds):
                name = {"running_mean": "mean", "running_var": "variance"}.get(kind, kind)
                yield "model", position, kind, getattr(layer, name)
                if i < len(velocities):
                    yield "optimizer", position, kind, velocities[i]


class AgainstNumpy(TallyTest):
    def difference(self, name, network, updates, train_limit=4000, first=0):
        """The largest relative difference over all blocks, by the norm of the block, after updates number `first`
        to `updates`, before which NumPy has the state of Tally."""
        seed, momentum, decay, rate = 5, 0.9, 1e-2, 0.02
        recipe = ["--network", network, "--batch-size", 64, "--micro-batch", 16, "--momentum", momentum,
                  "--weight-decay", decay, "--learning-rate", rate, "--schedule", "constant", "--seed", seed,
                  "--train-limit", train_limit, "--epochs", 99, "--quiet"]
        order = self.directory / f"{name}.csv"
        self.train(f"{name}-start", *recipe, "--max-steps", first)
        self.train(f"{name}-end", *recipe, "--max-steps", updates, "--dump-order", order, ranks=2)
        images, labels, _, _ = read_dataset(DIGITS)
        inputs = images.reshape(len(images), -1).astype(numpy.float64) / 255
        with h5py.File(self.directory / f"{name}-start" / "checkpoints" / f"step-{first:012}.h5") as file:
            reference = Reference(network, file, seed, momentum, decay, rate)
        per_epoch = -(-train_limit // 64)
        steps = {}
        for row in read_csv(order):
            steps.setdefault(int(row["step"]), {}).setdefault(int(row["shard"]), []).append(int(row["sample"]))
        self.assertEqual(len(steps), updates)
        for number, step in list(enumerate(sorted(steps)))[first:]:
            reference.update([(inputs[samples], labels[samples], {"epoch": number // per_epoch, "samples": samples})
                              for _, samples in sorted(steps[step].items())])
        differences = {}
        with h5py.File(self.directory / f"{name}-end" / "checkpoints" / f"step-{updates:012}.h5") as file:
            for group, position, kind, expected in reference.blocks():
                layer = next(layer for layer in file[group] if layer.startswith(f"{position}-"))
                found = file[group][layer][kind][:].reshape(expected.shape)
                # A bias before a normalization has no gradient: rounding is all that is in it.
                differences[f"{group}/{layer}/{kind}"] = (numpy.linalg.norm(found - expected) /
                                                          max(numpy.linalg.norm(expected), 1e-2))
        print(f"{name}:", {block: f"{value:.1e}" for block, value in differences.items()})
        return max(differences.values())

    def test_batch_norm(self):
        network = "batch-norm:0.25,dense:30,batch-norm:0.1:0.001,leaky-relu,dense:10"
        self.assertLessEqual(self.difference("norm", network, 40), TOLERANCE)

    def test_dropout_over_two_epochs_with_short_micro_batches(self):
        network = "dropout:0.2,dense:30,leaky-relu,dropout:0.5,dense:10"
        # 600 samples in four shards of 150: the tenth micro-batch of each has 6.
        self.assertLessEqual(self.difference("dropout", network, 25, train_limit=600), TOLERANCE)

    # One update at a time, each from the state of Tally: the bias before leaky-relu and a normalization is
    # nearly cancelled, so that rounding grows a hundredfold in ten updates. In the eleventh it puts a single
    # activation on the other side of the kink at 0, which after 25 has changed that bias by a tenth.
    def test_each_update_of_all_of_them(self):
        network = "batch-norm,dense:30,batch-norm,leaky-relu,dropout:0.25,dense:20,leaky-relu,batch-norm,dense:10"
        # The tenth has micro-batches of 6, the eleventh begins an epoch.
        for first in (0, 1, 9, 10, 24):
            with self.subTest(update=first + 1):
                self.assertLessEqual(self.difference(f"all-{first}", network, first + 1, 600, first), TOLERANCE)


if __name__ == "__main__":
    main()
