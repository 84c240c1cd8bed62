#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# train.sh LAUNCHER... tally-train OPTION...: a training that ends well under any launcher of ranks on this host.
#
#   scripts/train.sh mpirun -n 4 build/release/bin/tally-train --run-dir runs/a
#
# - Ctrl-C, TERM, HUP and USR2 make all ranks save and stop, however long that takes. Open MPI 5's mpirun
#   itself leaves them a quarter of a second. A second one is passed on to the launcher as TERM.
# - USR1 saves and goes on.
# - A launcher that waits on when its ranks have gone, as Open MPI 5's does after a lost host, is ended.
# - The exit code is that of run.status, whatever the launcher makes of it: 0 done, 75 to be resumed, 1 failed;
#   and the launcher's own if the training has not begun.
# shellcheck disable=SC2317  # traps and job.sh call what stands here
set -eu
case "${1:-}" in
  "" | -h | --help)
    sed -nE '3,/^[^#]/{/^# shellcheck/d;s/^# ?//p}' "${BASH_SOURCE[0]}"
    exit "$((2 * ($# == 0)))"
    ;;
esac
job_script=train.sh
# shellcheck source=slurm/job.sh
. "$(dirname "${BASH_SOURCE[0]}")/../slurm/job.sh"

ask option_value run-dir "$@"
run_dir=$REPLY
if [ -z "$run_dir" ]; then
  complain "expected a launcher with tally-train and --run-dir DIR among its options"
  exit 2
fi

heed() {
  if [ "$1" = USR1 ]; then
    asked=${asked:-USR1}
    return
  fi
  if [ -n "${is_stopping:-}" ] && [ -n "${launcher:-}" ]; then kill -TERM "$launcher" 2>/dev/null || true; fi
  is_stopping=yes
  asked=USR2
}

# shellcheck disable=SC2034  # counted by the trap
stops=0
listen() {
  trap 'heard[$((++stops))]=yes' INT TERM HUP USR2
  trap 'heard[USR1]=yes' USR1
}

# In a session of its own, where no terminal sends it signals.
launch() { exec setsid "$@" </dev/null; }

train launch "$@"

if ! has_begun; then exit "$exit_code"; fi
case $(run_state "$run_dir") in
  DONE) exit 0 ;;
  RESUME) exit 75 ;;
  *) exit 1 ;;
esac
