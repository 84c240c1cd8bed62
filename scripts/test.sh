#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test.sh [PRESET [CTEST_ARGUMENT...]]: installs what the tests need, builds, runs all tests.
#
#   scripts/test.sh                    the release preset
#   scripts/test.sh asan               AddressSanitizer and UndefinedBehaviorSanitizer
#   scripts/test.sh tsan               ThreadSanitizer, of the layers that have threads
#   scripts/test.sh release -L nn      only the tests with that label
#
# Tests on the full MNIST run if TALLY_MNIST_DIR names a directory that holds it, and are skipped
# with a reason elsewhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

preset=${1:-release}
# clang 14's ThreadSanitizer does not bear memory as far apart as some kernels put it.
if [ "$preset" = tsan ] && [ "$(cat /proc/sys/vm/mmap_rnd_bits)" -gt 28 ] &&
  [ -z "${TALLY_ADDRESSES_ARE_FIXED:-}" ]; then
  TALLY_ADDRESSES_ARE_FIXED=1 exec setarch --addr-no-randomize scripts/test.sh "$@"
fi
shift || true
install_packages "${build_packages[@]}" "${test_packages[@]}" "${fuzz_packages[@]}"
if [ "$preset" = tsan ]; then # without libarcher there are reports of what OpenMP keeps in order
  OMP_TOOL_LIBRARIES=$(dirname "$(readlink -f "$(command -v clang++)")")/../lib/libarcher.so
  export OMP_TOOL_LIBRARIES
fi
# With what measures speed, so that it goes on compiling; it needs all tools.
benchmarks=OFF
if [ "$preset" = release ]; then
  case ${TALLY_CMAKE_OPTIONS:-} in *TALLY_TOOLS=*) ;; *) benchmarks=ON ;; esac
fi
build "$preset" -DTALLY_BUILD_TESTS=ON -DTALLY_BUILD_BENCHMARKS=$benchmarks
# Two more than there are cores: many tests wait for mpirun to start and end.
exec ctest --preset "$preset" --parallel "$(($(nproc) + 2))" "$@"
