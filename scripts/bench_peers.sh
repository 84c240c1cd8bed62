#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_peers.sh [--arch ARCH] [--quick] [--data DIR] [--out DIR] [--only SECTION]...: Tally against
# PyTorch in one process, its DistributedDataParallel with gloo in 2 processes, and NumPy one sample
# at a time: the same network, batch size, data and instruction set, by turns. PyTorch is Debian's,
# and the newest of PyPI's where scripts/peers_venv.sh has brought it. Writes DIR/peers.md and
# DIR/peers.csv (build/bench) and prints the first.
#
#   --arch ARCH      build for other instructions than all of this processor's, as -march names them,
#                    and hold all programs to them: x86-64-v3 is AVX2
#   --build DIR      measure this build of Tally instead
#   --quick          fewer and shorter runs: a few minutes, for a first look
#   --data DIR       data/mnist, else $TALLY_MNIST_DIR, else data/digits
#   --only SECTION   torch, compiled, ddp or numpy; may be given several times
#
# Nothing else should run on the machine meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

install_packages "${build_packages[@]}" "${peers_packages[@]}" >&2
arch=$("$python" scripts/bench_peers.py --check-options "$@")
[ -z "$arch" ] || build_for "$arch" >&2
exec "$python" scripts/bench_peers.py "$@"
