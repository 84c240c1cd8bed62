#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# accuracy.sh [SEEDS]: trains the default recipe on MNIST, Fashion-MNIST and the embedded digits, and
# the presets with convolutions on the first two, with SEEDS seeds (5) on 2 ranks, and the paper preset
# once on 1. Prints the test accuracies of the last epoch as a table in Markdown. Data sets that are not
# on this machine are left out with a note: MNIST is looked for in TALLY_MNIST_DIR and data/mnist,
# Fashion-MNIST where Debian's package dataset-fashion-mnist puts it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

seeds=${1:-5}
bin=build/release/bin
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ -x $bin/tally-train ] || build release

# last FIELD: of the last epoch of the last run.
last() { tail -n 1 "$scratch/run/metrics.csv" | cut -d, -f"$1"; }

percent() { last "$1" | awk '{ print 100 * $1 }'; }

train() {
  local ranks=$1
  shift
  rm -rf "$scratch/run"
  mpirun -n "$ranks" $bin/tally-train --run-dir "$scratch/run" --quiet "$@"
}

# row NAME DIR OPTION...: the recipe of the options with every seed.
row() {
  local accuracies=() seed name=$1 data=$2
  shift 2
  if [ ! -d "$data" ]; then
    echo "$name: $data is not on this machine" >&2
    return
  fi
  for seed in $(seq "$seeds"); do
    train 2 --data "$data" --seed "$seed" "$@"
    accuracies+=("$(last 10)")
  done
  printf '%s\n' "${accuracies[@]}" | awk -v name="$name" '
    { sum += $1; squares += $1 * $1; all = all sprintf(" %.2f", 100 * $1) }
    END {
      mean = sum / NR
      deviation = NR > 1 ? sqrt((squares - NR * mean * mean) / (NR - 1)) : 0
      printf "| %s | %.2f %% | %.2f | %s |\n", name, 100 * mean, 100 * deviation, substr(all, 2)
    }'
}

mnist=${TALLY_MNIST_DIR:-data/mnist}
echo "| data | test accuracy, mean | standard deviation | seeds 1 to $seeds |"
echo "|---|---|---|---|"
row MNIST "$mnist"
row Fashion-MNIST /usr/share/datasets/fashion-mnist
row "embedded digits" data/digits
row "MNIST, \`--preset cnn\`" "$mnist" --preset cnn
row "MNIST, \`--preset cnn-norm\`" "$mnist" --preset cnn-norm
row "Fashion-MNIST, \`--preset cnn --epochs 20\`" /usr/share/datasets/fashion-mnist --preset cnn --epochs 20
# Other instructions round otherwise, and end in other figures.
printf '\nby %s\n' "$($bin/tally-checkpoint info "$scratch/run" | sed -n 's/^written by *//p')"

if [ -d "$mnist" ]; then
  train 1 --data "$mnist" --preset paper
  printf '\npaper preset, last epoch: MSE %.4f, train accuracy %.2f %%, MNIST test accuracy %.2f %%\n' \
    "$(last 5)" "$(percent 6)" "$(percent 10)"
fi
