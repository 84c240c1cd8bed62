#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fuzz.sh MINUTES [TARGET...]: feeds hostile bytes to Tally's parsers (docs/fuzzing.md) for so long,
# as many targets at a time as there are cores. Prints executions, coverage and findings.
#
#   fuzz.sh --seconds N [TARGET...]   the corpora, then new inputs for N seconds each
#   fuzz.sh --runs N [TARGET...]      the corpora, then new inputs up to N in all each
#   fuzz.sh --coverage                the corpora alone, and the lines of the parsers that they reach
#   fuzz.sh --minimize [TARGET...]    takes what was found into tests/fuzz/corpus, as little as covers all
#   fuzz.sh --build                   builds the targets only, with the packages that are there
#
# New inputs are kept in build/fuzz/found, findings in build/fuzz/findings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "${@:---help}"

if [ "$1" = --build ]; then # for a test, which installs nothing
  for tool in clang++ llvm-profdata llvm-cov; do
    if ! command -v "$tool" >/dev/null; then
      echo "skipped: there is no $tool"
      exit 77
    fi
  done
  build fuzz
  exit
fi
if [ -z "${TALLY_FUZZ_BIN:-}" ]; then
  install_packages "${build_packages[@]}" "${fuzz_packages[@]}" python3 >&2
  build fuzz >&2
  export TALLY_FUZZ_BIN=build/fuzz/bin
fi
exec "$python" scripts/fuzzing/fuzz.py "$@"
