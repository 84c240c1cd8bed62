#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# digests.sh [DIR]: trains 2 epochs on DIR (data/digits) with several numbers of ranks and threads and
# prints the digest of each; then the same with --reduction mpi, where the sum depends on the ranks.
# A batch is 8 micro-batches of 16 here: with powers of two, few ranks may add in the tree's order by
# chance.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

data=${1:-data/digits}
bin=build/release/bin
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ -x $bin/tally-train ] || build release
# More ranks than cores: as Open MPI 4 calls it, and as 5 does.
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_mpi_yield_when_idle=1 OMP_WAIT_POLICY=passive
recipe=(--data "$data" --micro-batch 16 --epochs 2 --quiet)

for reduction in tree mpi; do
  for layout in 1x1 2x1 3x1 1x2 2x2 4x1; do
    ranks=${layout%x*}
    threads=${layout#*x}
    rm -rf "$scratch/run"
    mpirun --bind-to none -n "$ranks" $bin/tally-train "${recipe[@]}" \
      --reduction $reduction --threads "$threads" --run-dir "$scratch/run"
    printf '%-4s  %s ranks x threads  %s\n' $reduction "$layout" \
      "$($bin/tally-checkpoint digest "$scratch/run")"
  done
done
