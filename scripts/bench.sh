#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench.sh [--arch ARCH] [--quick] [--data DIR] [--out DIR] [--network NAME]... [--only SECTION]...:
# measures how fast Tally trains on this machine: its sgemm peak, then ranks x threads, batch sizes
# and networks, and what else has a goal. Writes DIR/bench.md and DIR/bench.csv (build/bench) and
# prints the first. All of them state the instruction set, the processor and the compiler.
#
#   --arch ARCH      build for other instructions than all of this processor's, as -march names them,
#                    and hold all libraries to them: x86-64-v3 is AVX2
#   --build DIR      measure this build instead
#   --quick          fewer and shorter runs: a few minutes, for a first look
#   --data DIR       data/mnist, else $TALLY_MNIST_DIR, else data/digits
#   --network NAME   small, middle or big; may be given several times
#   --only SECTION   grid, reduction, kernels, micro-batch, start-up, overhead, accuracy, memory,
#                    digests or guards; may be given several times
#
# Nothing else should run on the machine meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

install_packages "${build_packages[@]}" "${bench_packages[@]}" >&2
arch=$("$python" scripts/bench.py --check-options "$@")
[ -z "$arch" ] || build_for "$arch" -DTALLY_BUILD_BENCHMARKS=ON >&2
exec "$python" scripts/bench.py "$@"
