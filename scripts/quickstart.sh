#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# quickstart.sh: from a fresh clone to a trained network. Installs what is missing, builds, trains on
# the digits that come with Tally, interrupts a second training and resumes it on other ranks, and
# classifies the sample drawings. Run it again at any time; what is done already takes no time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
show_help "$@"

install_packages "${build_packages[@]}"
build release

bin=build/release/bin
run=runs/quickstart
interrupted=runs/quickstart-interrupted
rm -rf "$run" "$interrupted"
# Three ranks on two cores, to show that it works: as Open MPI 4 calls it, and as 5 does.
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_mpi_yield_when_idle=1
unset OMP_NUM_THREADS # made for another program: each of two ranks is bound to a core
export OMPI_MCA_reachable=weighted # or 5.0.7 complains that it finds no route to the ranks of this host

echo "training on 2 ranks"
mpirun -n 2 $bin/tally-train --data data/digits --run-dir $run
accuracy=$($bin/tally-evaluate $run --data data/digits | head -n 1)

# interrupt: starts the training and stops it after its first epoch. It takes a fraction of a second
# in all, so that it may have ended before the signal comes.
interrupt() {
  rm -rf $interrupted
  mpirun -n 2 $bin/tally-train --data data/digits --run-dir $interrupted --quiet &
  local pid=$!
  until [ "$(wc -l 2>/dev/null <$interrupted/metrics.csv || echo 0)" -gt 1 ]; do
    kill -0 $pid 2>/dev/null || break # it has ended already, for better or worse
    sleep 0.005
  done
  kill -USR2 $pid 2>/dev/null || true # mpirun passes it on to all ranks
  wait $pid || true
  [ "$(head -n 1 $interrupted/run.status)" = RESUME ]
}

echo "training again, with an interruption (mpirun reports its exit code, 75), and resuming on 3 ranks"
for attempt in 1 2 3 4 5 6 7 8; do
  if interrupt; then break; fi
  if [ "$attempt" = 8 ]; then
    echo "quickstart.sh: the second training ended before it could be interrupted" >&2
    exit 1
  fi
done
stopped=$(sed -n 's/^step //p' $interrupted/run.status)
mpirun -n 3 $bin/tally-train --run-dir $interrupted --resume --quiet
if ! $bin/tally-checkpoint diff $run $interrupted; then
  echo "quickstart.sh: the interrupted training ended in other bits; please report this" >&2
  exit 1
fi

drawings=$($bin/tally-predict $run data/drawings/*)
right=0
total=0
for drawing in data/drawings/*; do
  name=${drawing##*/}
  total=$((total + 1))
  if grep -q "^$drawing: ${name%%-*} " <<<"$drawings"; then right=$((right + 1)); fi
done

as_root=
if [ "$(id -u)" = 0 ]; then
  as_root="   (as root, first: export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)"
fi
digest=$($bin/tally-checkpoint digest $run)

echo "$drawings"
cat <<END

Done.
  trained on 2 ranks       $accuracy
  drawings recognised      $right of $total in data/drawings
  interrupted at step $stopped and resumed on 3 ranks, to the same bits:
                           $digest

Try next:$as_root
  $bin/tally-predict $run YOUR-DRAWING.png --stages stages
  $bin/tally-predict $run --serve   # and draw in your browser
  $bin/tally-data show data/digits 7
  scripts/get_mnist.sh && mpirun -n 2 $bin/tally-train --run-dir runs/mnist
  scripts/plot_metrics.py $run
  ./scripts/test.sh
END
