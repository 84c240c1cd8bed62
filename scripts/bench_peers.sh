#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_peers.sh [--quick] [--data DIR] [--out DIR] [--only SECTION]...: Tally against PyTorch in
# one process, its DistributedDataParallel with gloo in 2 processes, and NumPy one sample at a time:
# the same network, batch size and data, by turns. Writes DIR/peers.md and DIR/peers.csv
# (build/bench) and prints the first.
#
#   --quick          fewer and shorter runs: a few minutes, for a first look
#   --data DIR       data/mnist, else $TALLY_MNIST_DIR, else data/digits
#   --only SECTION   torch, ddp or numpy; may be given several times
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

install_packages "${build_packages[@]}" "${peers_packages[@]}" >&2
"$python" scripts/bench_peers.py --check-options "$@"
build release >&2
exec "$python" scripts/bench_peers.py "$@"
