#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# peers_venv.sh [--upgrade]: brings the newest PyTorch that PyPI has into a Python environment of its
# own, for scripts/bench_peers.sh, and prints its version. It lies in $TALLY_PEERS_VENV, by default
# ~/.cache/tally/peers, and is made once; --upgrade makes it anew.
#
# PyPI has no build of PyTorch for Linux on x86-64 without CUDA, and one does not start without CUDA's
# libraries: 3.3 GB are downloaded, and 5.5 GB are written. With PIP_INDEX_URL pip takes another index,
# such as one of builds for CPUs alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

folder=${TALLY_PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/tally/peers}
if [ ! -e "$folder/complete" ] || [ "${1:-}" = --upgrade ]; then
  install_packages "${venv_packages[@]}" >&2
  mkdir -p "$folder"
  free=$(df --output=avail -BG "$folder" | tail -n 1 | tr -dc 0-9)
  if [ "$free" -lt 12 ]; then
    echo "peers_venv.sh: $folder: expected 12 GB of free disk, got $free GB; set TALLY_PEERS_VENV" >&2
    exit 1
  fi
  rm -f "$folder/complete"
  "$python" -m venv --clear "$folder"
  "$folder/bin/python" -m pip install --quiet --no-compile torch numpy >&2
  touch "$folder/complete"
fi
"$folder/bin/python" -c 'import torch; print(torch.__version__)'
