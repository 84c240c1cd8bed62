#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench.sh [--quick] [--data DIR] [--out DIR] [--only SECTION]...: measures how fast Tally trains on
# this machine: its sgemm peak, then ranks x threads, batch sizes and networks, and what else has a
# goal. Writes DIR/bench.md and DIR/bench.csv (build/bench) and prints the first.
#
#   --quick          fewer and shorter runs: a few minutes, for a first look
#   --data DIR       data/mnist, else $TALLY_MNIST_DIR, else data/digits
#   --only SECTION   grid, reduction, kernels, micro-batch, start-up, overhead, accuracy, memory,
#                    digests or guards; may be given several times
#
# Nothing else should run on the machine meanwhile.
set -euo pipefail
case " $* " in
  *" -h "* | *" --help "*)
    sed -n '3,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

install_packages "${build_packages[@]}" "${bench_packages[@]}" >&2
"$python" scripts/bench.py --check-options "$@"
build release -DTALLY_BUILD_BENCHMARKS=ON >&2
exec "$python" scripts/bench.py "$@"
