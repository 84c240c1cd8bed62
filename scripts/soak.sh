#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# soak.sh COUNT [SEED] [--out DIR] [--lanes N]: starts trainings, strikes one of their processes, or
# all, with a signal at a random moment, resumes on other ranks and threads, COUNT times, and compares
# the digests of the runs that have come to their end with those of uninterrupted ones on one rank.
# Prints a report, and writes it to DIR/soak.md (build/soak) with the evidence of failures beside it.
#
#   --lanes N    so many runs side by side [3]; most of their time is waiting
#
# Each run computes with oneDNN's kernels of one instruction set, drawn from the machine's own, AVX2
# and SSE41; DNNL_MAX_CPU_ISA=AVX2 in the environment makes it that for all.
# Trains on TALLY_MNIST_DIR if that is set, else on the digits that come with Tally. Everything that
# happens follows from SEED but for the moments, which depend on the machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

if [ -z "${TALLY_BIN:-}" ]; then
  install_packages "${build_packages[@]}" python3 >&2
  build release >&2
fi
exec "$python" scripts/soaking/soak.py "$@"
