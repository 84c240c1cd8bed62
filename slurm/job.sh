# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Tally's job.sh, by which line the job scripts beside it know it. They source it for what they have in common;
# each sets job_script, its name, first.
#
#   begin_job "$@"           finds the run directory among tally-train's options; counts restarts
#   train LAUNCHER...        runs it, passes signals on, and waits until the training has stopped
#   end_job                  by run.status: done, failed, or back into the queue
#   mpirun_on RANKS ...      a launcher: mpirun, on the nodes and cores of the job
#
# The environment of sbatch may set:
#
#   TALLY_TRAIN              the program   [of this checkout or installation, else tally-train in PATH]
#   TALLY_END_TIME           when the job ends, in seconds since 1970; none: unknown  [asks SLURM]
#   TALLY_MAX_RESTARTS       restarts without any progress after which the job gives up         [3]
#   TALLY_MODULES            modules to load first: "gcc openmpi hdf5"                          [none]
#   TALLY_SITE               a script to source before them: paths, variables     [~/.config/tally/site.sh, if there]

# Gives every start of a job the same environment, whatever the node's own is. Scripts of clusters mind neither
# set -e nor set -u.
load_site() {
  local site=${TALLY_SITE:-${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}/tally/site.sh} each
  set +eu
  if [ -r "$site" ]; then
    # shellcheck disable=SC1090
    . "$site"
  elif [ -n "$TALLY_SITE" ]; then
    refuse_site "TALLY_SITE: $site: cannot be read on $HOSTNAME"
  fi
  if [ -n "$TALLY_MODULES" ]; then
    for each in "$MODULESHOME/init/bash" "$LMOD_PKG/init/bash" /etc/profile.d/{modules,lmod,z00_lmod}.sh; do
      # shellcheck disable=SC1090
      if ! type module >/dev/null 2>&1 && [ -r "$each" ]; then . "$each"; fi
    done
    for each in $TALLY_MODULES; do
      module load "$each" || refuse_site "TALLY_MODULES: module load $each: failed; module avail lists what there is"
    done
  fi
  set -eu
}
refuse_site() {
  complain "$1"
  exit 2
}

# The program of the checkout or of the installation (PREFIX/share/tally/slurm) that this file is in.
find_program() {
  local folder each
  folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  for each in "${folder%/slurm}/build/release" "${folder%/share/tally/slurm}" build/release; do
    if [ -x "$each/bin/tally-train" ]; then
      echo "$each/bin/tally-train"
      return
    fi
  done
  echo tally-train
}

complain() { echo "${job_script:?}: $*" >&2; }

load_site
# shellcheck disable=SC2034  # used by the scripts
program=${TALLY_TRAIN:-$(find_program)}
max_restarts=${TALLY_MAX_RESTARTS:-3}

# What SLURM's commands call this job; none: no job. A task of an array needs both numbers: SLURM_JOB_ID of the last
# one is that of the array, by which scontrol requeue hits all of them.
job_id=${SLURM_JOB_ID:-}
if [ -n "${SLURM_ARRAY_JOB_ID:-}" ]; then job_id=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID:-}; fi

# A number that a file should hold, or 0. Anything else must not reach arithmetic, where bash runs a[$(command)].
number() { if [[ ${1:-} =~ ^[0-9]{1,18}$ ]]; then echo $((10#$1)); else echo 0; fi; }

# The value of --NAME among options, which may stand as --NAME=VALUE; the last one counts.
option_value() {
  local name=--$1 value="" previous="" word
  shift
  for word in "$@"; do
    if [ "$previous" = "$name" ]; then value=$word; fi
    case $word in "$name"=*) value=${word#*=} ;; esac
    previous=$word
  done
  echo "$value"
}

# --- what run.status says ---

# The state alone (DONE, RESUME, FAILED), or what stands behind a word (step, checkpoint, reason).
run_state() { head -n 1 "$1/run.status" 2>/dev/null || true; }
run_fact() { sed -n "s/^$2 //p" "$1/run.status" 2>/dev/null || true; }

# The step of the newest checkpoint, 0 without one: how far a run has come for good.
saved_step() {
  local name
  name=$(run_fact "$1" checkpoint)
  name=${name#step-}
  number "${name%.h5}"
}

# Changes whenever run.status is written.
status_stamp() { stat -c '%i %.9Y' "$run_dir/run.status" 2>/dev/null || true; }

# --- begin_job ---

# When this job will be ended. SLURM 22.05 tells no job its own end; newer ones set
# SLURM_JOB_END_TIME, which tally-train knows.
ask_end_time() {
  local end
  if [ -n "${TALLY_END_TIME:-}" ] || [ -z "$job_id" ]; then return 0; fi
  end=$(SLURM_TIME_FORMAT=%s squeue --noheader --jobs "$job_id" --format %e 2>/dev/null) || true
  case $end in
    '' | *[!0-9]*) echo "$job_script: SLURM does not say when this job ends; its signal will" ;;
    *) export TALLY_END_TIME=$end ;;
  esac
}

# run_dir/job.restarts holds "JOB STEP COUNT": how often this job has been started again since the
# run last came forward. SLURM restarts a job by itself too, after a node has failed.
count_restarts() {
  local job="" step=""
  idle_restarts=""
  first_step=$(saved_step "$run_dir")
  if [ -f "$run_dir/job.restarts" ]; then read -r job step idle_restarts _ <"$run_dir/job.restarts" || true; fi
  idle_restarts=$(number "$idle_restarts")
  if [ "$job" != "$job_id" ] || [ "$first_step" -gt "$(number "$step")" ]; then
    idle_restarts=0
  elif [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then
    idle_restarts=$((idle_restarts + 1))
  fi
  mkdir -p "$run_dir"
  echo "${job_id:-none} $first_step $idle_restarts" >"$run_dir/job.restarts"
}

require_program() {
  if command -v "$program" >/dev/null; then return 0; fi
  complain "$program: not found from $PWD; build it, install it, or set TALLY_TRAIN"
  exit 2
}

# SLURM takes --ntasks-per-node beside the --ntasks of a script for a limit only.
require_tasks() {
  local per_node=${SLURM_NTASKS_PER_NODE:-} nodes=${SLURM_JOB_NUM_NODES:-1}
  if [ -z "$per_node" ] || [ "${SLURM_NTASKS:-0}" -ge "$((per_node * nodes))" ]; then return 0; fi
  complain "--ntasks-per-node=$per_node on $nodes nodes, but $SLURM_NTASKS tasks in all; give sbatch --ntasks" \
    "instead, the ranks on all nodes"
  exit 2
}

give_up() {
  complain "$max_restarts restarts without progress: still at step $first_step of $run_dir; the log" \
    "says why. Submit it again when that is mended"
  exit 1
}

begin_job() {
  run_dir=$(option_value run-dir "$@")
  if [ -z "$run_dir" ]; then
    complain "expected --run-dir DIR among the options of tally-train"
    exit 2
  fi
  require_program
  require_tasks
  ask_end_time
  count_restarts
  echo "$job_script: job ${job_id:-none}, start $((${SLURM_RESTART_COUNT:-0} + 1))," \
    "on ${SLURM_JOB_NODELIST:-this computer}, from step $first_step"
  if [ "$idle_restarts" -gt "$max_restarts" ]; then give_up; fi
}

# --- train ---

# mpirun starts ranks on the nodes that the job has this time, each bound to its cores, and fills one
# node after the other. The first variable gives ranks 15 seconds, instead of one, between SIGTERM and
# SIGKILL. The other one keeps mpirun from sleeping twice as long after ranks that have stopped by
# themselves: run.status says how they ended.
mpirun_on() {
  local ranks=$1
  shift
  export OMPI_MCA_odls_base_sigkill_timeout="${OMPI_MCA_odls_base_sigkill_timeout:-15}"
  export OMPI_MCA_orte_abort_on_non_zero_status=0
  exec mpirun -n "$ranks" --map-by "slot:PE=${SLURM_CPUS_PER_TASK:-1}" "$@"
}

# Whether this launch has written run.status; before that it may not be ready for signals.
has_begun() { [ "$(status_stamp)" != "$stamp_before" ]; }

# Whether these were its last words: mpirun may need half a minute more to end.
has_stopped() { has_begun && [ "$(run_fact "$run_dir" reason)" != running ]; }

is_running() { kill -0 "$launcher" 2>/dev/null; }

# bash runs a trap only between commands, and wait is the only one that a signal interrupts.
pause() {
  sleep "$1" &
  wait $! || true
}

# Whatever asks this job to stop (the signal that it has ordered for some time before its end; TERM at the
# end, at a preemption) asks the training to save and stop. From now on, since any may come early.
listen() {
  trap 'asked=USR2' USR2 TERM
  trap 'asked=${asked:-USR1}' USR1
}
asked=
listen

# Another run may have the same name in another directory.
is_in_its_directory() { case $run_dir in /*) ;; *) [ "$1/cwd" -ef . ] ;; esac; }

# The processes of the ranks of this run on this computer; fails if there are none.
ranks_here() {
  local folder name found=1
  for folder in /proc/[0-9]*; do
    if { read -r name <"$folder/comm"; } 2>/dev/null && [ "$name" = tally-train ] && is_in_its_directory "$folder" &&
      tr '\0' '\n' 2>/dev/null <"$folder/cmdline" | grep -qxF -e "$run_dir" -e "--run-dir=$run_dir"; then
      found=0
      echo "${folder#/proc/}"
    fi
  done
  return $found
}
has_ranks() { ranks_here >/dev/null; }

# mpirun of Open MPI (orterun, prterun) and srun pass signals on. mpiexec of MPICH and its relatives dies of USR2,
# and the ranks with it, and keeps USR1 for itself; TERM it passes on, and waits. A script around a launcher passes
# on nothing. Any rank hears for all.
passes_signals_on() {
  case $(readlink "/proc/$launcher/exe") in */orterun | */prterun | */prte | */mpirun* | */srun) ;; *) false ;; esac
}

signal_ranks() {
  local ranks
  if ranks=$(ranks_here); then
    kill -"$1" "${ranks%%[!0-9]*}"
  elif [ "$1" = USR2 ]; then
    kill -TERM "$launcher"
  else
    complain "no rank on this computer: USR1 does not reach the others under this launcher"
  fi
}

pass_on() {
  if [ -n "$asked" ] && has_begun; then
    if passes_signals_on; then kill -"$asked" "$launcher" 2>/dev/null; else signal_ranks "$asked"; fi || true
    asked=
  fi
}

# Counts the seconds since the last of them has gone, once there were some.
count_without_ranks() {
  if has_ranks; then
    without_ranks=0
  elif [ -n "$without_ranks" ]; then
    without_ranks=$((without_ranks + 1))
  fi
}

# A launcher that scripts/train.sh has started leads a session, which goes with it. bash would report the kill.
kill_launcher() {
  {
    kill -KILL -- "-$launcher" || kill -KILL "$launcher" || true
    wait "$launcher" || true
  } 2>/dev/null
}

# Runs a launcher in the background, so as to hear of signals. One that has lost its ranks may wait for
# ever: mpirun of Open MPI 5 does so when another host is cut off.
train() {
  stamp_before=$(status_stamp)
  without_ranks=
  listen
  "$@" &
  launcher=$!
  while is_running && ! has_stopped && [ "${without_ranks:-0}" -lt 10 ]; do
    pause 1
    pass_on
    count_without_ranks
  done
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if is_running; then pause 0.5; fi
  done
  trap '' USR1 USR2 TERM
  exit_code=0
  if is_running; then
    # The ranks have gone; what it has started on other nodes follows.
    kill_launcher
    exit_code=1
  else
    wait "$launcher" || exit_code=$?
  fi
}

# --- end_job ---

# A launch that has not even begun was refused, unless it was killed or could not start.
was_refused() { ! has_begun && case $exit_code in 0 | 2 | 3 | 4) ;; *) false ;; esac; }

# A job that somebody has cancelled stays cancelled, and one that SLURM is putting back into the queue
# already, after a preemption, needs no second time. One that has reached its time limit does.
is_ours_to_requeue() {
  case $(squeue --noheader --jobs "$job_id" --format '%T %r' 2>/dev/null) in
    '' | RUNNING* | *TimeLimit) ;;
    *) false ;;
  esac
}

end_job() {
  local state
  state=$(run_state "$run_dir")
  echo "$job_script: exit code $exit_code, run.status ${state:-missing} ($(run_fact "$run_dir" reason))," \
    "saved at step $(saved_step "$run_dir")"
  if was_refused; then exit $((exit_code == 0 ? 2 : exit_code)); fi
  if has_begun; then
    case $state in
      DONE) exit 0 ;;
      FAILED) exit 1 ;;
    esac
  fi
  if [ "$(saved_step "$run_dir")" -le "$first_step" ] && [ "$idle_restarts" -ge "$max_restarts" ]; then give_up; fi
  if [ -z "$job_id" ]; then exit 75; fi
  if ! is_ours_to_requeue; then
    echo "$job_script: not put back into the queue: the job was cancelled, or SLURM does that by itself"
    exit 75
  fi
  scontrol requeue "$job_id"
}
