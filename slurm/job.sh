# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Tally's job.sh, by which line the job scripts beside it know it. They source it for what they have in common;
# each sets job_script, its name, first.
#
#   begin_job "$@"           finds the run directory among tally-train's options, and how often it was tried
#   train LAUNCHER...        runs it, passes signals on, and waits until the training has stopped
#   end_job                  by run.status: done, failed, or back into the queue
#   mpirun_on RANKS ...      a launcher: mpirun, on the nodes and cores of the job
#   exec_launcher ...        any other
#
# The environment of sbatch may set:
#
#   TALLY_TRAIN              the program   [of this checkout or installation, else tally-train in PATH]
#   TALLY_END_TIME           when the job ends, in seconds since 1970; none: unknown  [asks SLURM]
#   TALLY_MAX_RESTARTS       restarts without any progress after which the job gives up         [3]
#   TALLY_START_TIMEOUT      seconds after which a launcher that has started no rank is ended         [300]
#   TALLY_MODULES            modules to load first: "gcc openmpi hdf5"                          [none]
#   TALLY_SITE               a script to source before them: paths, variables     [~/.config/tally/site.sh, if there]

# Older ones take an array without elements for one that is not set.
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  echo "${job_script:?}: bash $BASH_VERSION: expected 4.4 or later; put a newer one first in PATH where this job starts" >&2
  exit 2
fi

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

# Without what would steer a terminal: reasons come from files.
complain() {
  local text=$*
  echo "${job_script:?}: ${text//[[:cntrl:]]/ }" >&2
}
say() {
  local text=$*
  printf '%s: %(%F %T)T: %s\n' "$job_script" -1 "${text//[[:cntrl:]]/ }"
}

# ask COMMAND...: REPLY becomes what it prints, and the exit status is its own. The process that listens for signals
# uses this in place of $(COMMAND) and <(COMMAND): bash exits at one that it comes to while a signal waits for its trap
# ("unexpected EOF while looking for matching", with 5.2). What stands in backquotes it does not parse then.
# shellcheck disable=SC2006
ask() { REPLY=`"$@"`; }

# A job of sbatch --export=NONE may have neither: bash finds programs without exporting PATH, and ~ without HOME.
export PATH HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
load_site
# shellcheck disable=SC2034  # used by the scripts
program=${TALLY_TRAIN:-$(find_program)}
max_restarts=${TALLY_MAX_RESTARTS:-3}
start_timeout=${TALLY_START_TIMEOUT:-300}

# What SLURM's commands call this job; none: no job. A task of an array needs both numbers: SLURM_JOB_ID of the last
# one is that of the array, by which scontrol requeue hits all of them.
job_id=${SLURM_JOB_ID:-}
if [ -n "${SLURM_ARRAY_JOB_ID:-}" ]; then job_id=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID:-}; fi

# A number that a file should hold, or 0. Anything else must not reach arithmetic, where bash runs a[$(command)].
number() { if [[ ${1:-} =~ ^[0-9]{1,18}$ ]]; then echo $((10#$1)); else echo 0; fi; }
restarts=$(number "${SLURM_RESTART_COUNT:-0}")

# replace_file FILE: with what comes in, as a whole or not at all. A link in its place is not followed. What a killed
# script has left of an earlier attempt goes.
replace_file() (
  for new in "$1".tmp-*; do
    if [[ ${new#"$1".tmp-} =~ ^[[:alnum:]]{16}$ ]] && [ -f "$new" ]; then rm -f "$new"; fi
  done
  new=$(mktemp "$1.tmp-XXXXXXXXXXXXXXXX") || return 1
  # mktemp leaves nobody else any right; the umask decides.
  if cat >"$new" && chmod "$(printf '%o' $((0666 & ~$(umask))))" "$new" && mv -fT "$new" "$1"; then return 0; fi
  rm -f "$new"
  return 1
)

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

# Whether the options only ask tally-train something, so that there is no run.
is_question() {
  local word
  for word in "$@"; do
    case $word in --check | --doctor | --help | -h | --version | --dump-config | --describe) return 0 ;; esac
  done
  return 1
}

# --- what run.status says ---

# The start of a small file, whatever somebody has put in its place: nothing of a pipe, or of a file that a link leads
# to, and no line without an end.
start_of() {
  if [ -f "$1" ] && [ ! -L "$1" ]; then
    head -c 65536 "$1" 2>/dev/null | tr -d '\0' || true
  fi
}

# The state alone (DONE, RESUME, FAILED), or what stands behind a word (step, checkpoint, reason).
run_state() { start_of "$1/run.status" | sed -n 1p; }
run_fact() { start_of "$1/run.status" | sed -n "s/^$2 //p"; }

# The step of the newest checkpoint, 0 without one: how far a run has come for good.
saved_step() {
  local name
  name=$(run_fact "$1" checkpoint)
  name=${name#step-}
  number "${name%.h5}"
}

# why_another DIR OPTION...: why what DIR holds is no training with these options; nothing if it is one, or none yet.
# How long it is may differ, for tally-train: then it goes on.
why_another() {
  local directory=$1 told length='^(epochs|max-steps) = '
  shift
  if [ ! -e "$directory/config.toml" ]; then return 0; fi
  if ! told=$("$program" "$@" --run-dir "$directory" --resume --check 2>&1); then
    sed -n 's/^error: //p; s/^tally-train: //p' <<<"$told" | head -n 1
  elif ! told=$(diff <("$program" "$@" --run-dir "$directory" --dump-config | grep -E "$length") \
    <(start_of "$directory/config.toml" | grep -E "$length")); then
    told=$(sed -n 's/^[<>] //p' <<<"$told" | paste -sd '|')
    echo "expected ${told%%|*}, got ${told#*|}"
  fi
}

# --- begin_job ---

# When SLURM will end this job, as things are now; nothing if it does not say.
end_by_slurm() {
  local end
  end=$(SLURM_TIME_FORMAT=%s squeue --noheader --jobs "$job_id" --format %e 2>/dev/null | head -n 1) || true
  if [[ $end =~ ^[0-9]+$ ]]; then echo "$end"; fi
}

# SLURM 22.05 tells no job its own end; newer ones set SLURM_JOB_END_TIME, which tally-train knows.
ask_end_time() {
  if [ -n "${TALLY_END_TIME:-}" ] || [ -z "$job_id" ]; then return 0; fi
  ask end_by_slurm
  if [ -n "$REPLY" ]; then
    export TALLY_END_TIME=$REPLY
  else
    say "SLURM does not say when this job ends; its signal will"
  fi
}

# run_dir/job.restarts holds "JOB STEP START": with which start, by SLURM's count, this job came to that step first.
# SLURM restarts a job by itself too, after a node has failed.
count_restarts() {
  local job="" step="" start=""
  ask saved_step "$run_dir"
  first_step=$REPLY
  restarts_file=$run_dir/job.restarts
  ask start_of "$restarts_file"
  read -r job step start _ <<<"$REPLY" || true
  ask number "$step"
  step=$REPLY
  ask number "$start"
  start=$REPLY
  if [ "$job" != "$job_id" ] || [ "$first_step" -gt "$step" ] || [ "$start" -gt "$restarts" ]; then
    start=$restarts
  fi
  idle_restarts=$((restarts - start))
}

# Only for a run that is this job's: another one's job.restarts stays as it is.
write_restarts() {
  if [ -z "$job_id" ] || [ -z "${restarts_file:-}" ]; then return 0; fi
  replace_file "$restarts_file" <<<"$job_id $first_step $((restarts - idle_restarts))" ||
    complain "warning: $restarts_file cannot be written: restarts without progress are not counted"
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
    "says why (a job that ends before its first step does needs a longer --time). Submit it again when that is mended"
  exit 1
}

begin_job() {
  ask option_value run-dir "$@"
  run_dir=$REPLY
  if is_question "$@"; then
    asks=yes
  elif [ -z "$run_dir" ]; then
    complain "expected --run-dir DIR among the options of tally-train"
    exit 2
  fi
  require_program
  require_tasks
  if [ -n "${asks:-}" ]; then return 0; fi
  mkdir -p "$run_dir"
  ask_end_time
  count_restarts
  say "job ${job_id:-none}, start $((restarts + 1)), on ${SLURM_JOB_NODELIST:-this computer}, from step $first_step"
  if [ "$idle_restarts" -gt "$max_restarts" ]; then give_up; fi
  if [ -n "$job_id" ]; then
    say "to save and start again: scancel --batch --signal=USR2 $job_id; to save and go on: --signal=USR1;" \
      "to save and stop for good: scancel $job_id"
  fi
}

# --- launchers ---

# Replaces this process by a launcher that is asked to save and stop when the script alone is killed.
exec_launcher() {
  if setpriv --pdeathsig keep true 2>/dev/null; then set -- setpriv --pdeathsig USR2 "$@"; fi
  exec "$@"
}

# Whether other jobs keep off the cores that mpirun would bind ranks to: SLURM confines each job to its own, or this
# one has all of the node.
is_confined() {
  ask env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc
  [ "$REPLY" -le "${SLURM_CPUS_ON_NODE:-1000000}" ] ||
    scontrol show config 2>/dev/null | grep -Eq '^(TaskPlugin .*affinity|ConstrainCores *= yes)'
}

# mpirun starts ranks on the nodes that the job has this time, each bound to its cores, and fills one node after the
# other. On TERM it would kill them within a second or two (Open MPI 5: half of one). SLURM sends TERM to ranks and
# script too, so it is kept from mpirun and its daemons, or else they wait longer: then they are slow to end, too.
# scancel sends USR1 and USR2 to daemons as well, and those of Open MPI 5 die of them.
mpirun_on() {
  local ranks=$1 binding=(--map-by "slot:PE=${SLURM_CPUS_PER_TASK:-1}") without_term=(env --block-signal=TERM)
  local without_signals="${without_term[*]},USR1,USR2"
  shift
  if ! is_confined; then binding=(--bind-to none); fi
  if "${without_term[@]}" true 2>/dev/null; then
    export OMPI_MCA_orte_launch_agent="${OMPI_MCA_orte_launch_agent:-$without_signals orted}"
    export PRTE_MCA_prte_launch_agent="${PRTE_MCA_prte_launch_agent:-$without_signals prted}"
  else
    without_term=()
    export OMPI_MCA_odls_base_sigkill_timeout="${OMPI_MCA_odls_base_sigkill_timeout:-15}"
  fi
  exec_launcher "${without_term[@]}" mpirun -n "$ranks" "${binding[@]}" "$@"
}

require_mpirun() {
  if command -v mpirun >/dev/null; then return 0; fi
  complain "mpirun: not found on ${HOSTNAME:-this node}; load the module that it comes with (module avail openmpi)" \
    "before sbatch, or name it: TALLY_MODULES=openmpi sbatch ..."
  exit 2
}

# scancel --signal and preemptions signal the steps of a job, of which mpirun makes none on the first node. This one
# hands on to the script what they get.
listen_for_steps() {
  local error
  # shellcheck disable=SC2016  # $0 is the script's number
  {
    error=$(srun --overlap --nodes=1 --ntasks=1 --relative=0 --cpus-per-task=1 --cpu-bind=none bash -c '
      for signal in TERM USR1 USR2; do trap "kill -$signal $0 || exit" $signal; done
      while kill -0 "$0"; do sleep 1 & wait $!; done' $$ 2>&1 >/dev/null) ||
      if kill -0 $$ 2>/dev/null && [[ $error != *CANCELLED* ]]; then # as at the end of a job
        complain "warning: scancel --signal without --batch does not reach this job: ${error//$'\n'/; }"
      fi
  } &
  listens_for_steps=yes
}

prepare_mpirun() {
  if [ -z "$job_id" ]; then return 0; fi
  if [ -z "${listens_for_steps:-}" ]; then listen_for_steps; fi
  if ! is_confined; then
    complain "warning: SLURM gives this job $SLURM_CPUS_ON_NODE cores of ${HOSTNAME:-this node}, but does not confine it" \
      "to them (TaskPlugin): its ranks are not bound, and other jobs may get into their way; --exclusive keeps them off"
  fi
}

# --- train ---

# Changes whenever run.status is written.
status_stamp() { stat -c '%i %.9Y' "$run_dir/run.status" 2>/dev/null || true; }

# Whether run.lock names another job, which may write run.status, too.
is_anothers() {
  local owner
  if [ -z "${SLURM_JOB_ID:-}" ]; then return 1; fi
  ask start_of "$run_dir/run.lock" || true
  owner=${REPLY%%$'\n'*}
  [ -n "$owner" ] && [[ "$owner," != *", job $SLURM_JOB_ID,"* ]]
}

# Whether this launch has written run.status; before that it may not be ready for signals.
has_begun() {
  if [ -z "$begun" ]; then
    ask status_stamp || true
    if [ -n "$REPLY" ] && [ "$REPLY" != "$stamp_before" ] && ! is_anothers; then
      begun=yes
      write_restarts
    fi
  fi
  [ -n "$begun" ]
}

# Whether these were its last words: mpirun may need half a minute more to end. A TERM to all processes of the job may
# have ended what was to read them.
has_stopped() {
  has_begun || return
  ask run_fact "$run_dir" reason || true
  [ -n "$REPLY" ] && [ "$REPLY" != running ]
}

is_running() { kill -0 "$launcher" 2>/dev/null; }

# bash runs a trap only between commands, and wait is the only one that a signal interrupts.
pause() {
  sleep "$1" &
  wait $! || true
}

# Whatever asks this job to stop (TERM at the end, at a preemption, by scancel) asks the training to save and stop;
# its own word for that is USR2. A second one changes nothing.
heed() {
  if [ "$1" = USR1 ]; then
    asked=${asked:-USR1}
    say "SIGUSR1: asks the training to save, and to go on"
  elif [ "$1" != URG ] || ! stops_by_itself; then
    asked=USR2
    if [ -z "$asked_to_stop" ]; then
      asked_to_stop=yes
      say "SIG$1: asks the training to save and stop"
    fi
  fi
}

# SIGURG is the signal that the scripts order for some time before the end, and preemptions may send: SLURM sends it up
# to a minute early. A training that knows the end stops in time by itself, later.
stops_by_itself() {
  if [[ ! ${TALLY_END_TIME:-} =~ ^[0-9]+$ ]]; then return 1; fi
  ask end_by_slurm
  if [ -z "$REPLY" ] || [ "$REPLY" -lt "$TALLY_END_TIME" ]; then return 1; fi
  printf -v REPLY '%(%T)T' "$REPLY"
  say "this job ends at $REPLY; the training saves and stops before, if a step ends by then"
}

# Traps only note signals: they may run in the middle of a builtin, where bash (5.2) confuses the variables of functions
# that a trap calls.
declare -A heard
listen() {
  trap 'heard[TERM]=yes' TERM
  trap 'heard[USR1]=yes' USR1
  trap 'heard[USR2]=yes' USR2
  trap 'heard[URG]=yes' URG
}
heed_all() {
  local signal
  for signal in "${!heard[@]}"; do
    unset "heard[$signal]"
    heed "$signal"
  done
}
asked=
asked_to_stop=

# The processes of the ranks that this script has started on this computer; fails if there are none. What else looks
# at the run, or waits for it, is no rank of it.
ranks_here() {
  local folder name found=1
  for folder in /proc/[0-9]*; do
    # First what costs least: a node has thousands of processes of others.
    if [ -O "$folder" ] && { read -r name <"$folder/comm"; } 2>/dev/null && [ "$name" = tally-train ] &&
      grep -qzxF "TALLY_LAUNCH=$TALLY_LAUNCH" "$folder/environ" 2>/dev/null; then
      found=0
      echo "${folder#/proc/}"
    fi
  done
  return $found
}
export TALLY_LAUNCH=$HOSTNAME-$$-$RANDOM

# mpirun of Open MPI (orterun, prterun) and srun pass signals on. mpiexec of MPICH and its relatives dies of USR2,
# and the ranks with it, and keeps USR1 for itself; TERM it passes on, and waits. A script around a launcher passes
# on nothing. Any rank hears for all.
passes_signals_on() {
  ask readlink "/proc/$launcher/exe" || true
  case $REPLY in */orterun | */prterun | */prte | */mpirun* | */srun) ;; *) false ;; esac
}

signal_ranks() {
  if ask ranks_here; then
    kill -"$1" "${REPLY%%[!0-9]*}" 2>/dev/null
  elif [ "$1" = USR2 ]; then
    kill -TERM "$launcher" 2>/dev/null
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

# Counts the seconds for which this computer has had fewer ranks than before: none comes back. A process that is seen
# once may be about to become another program. Looking at a process takes bash some 40 us, so that it looks at 500 a
# second.
count_losses() {
  local count ranks=() all=(/proc/[0-9]*)
  if [ "$SECONDS" -lt "$next_count" ]; then return 0; fi
  next_count=$((SECONDS + 1 + ${#all[@]} / 500))
  # Older bashes write what <<< gives into a file, and a disk may be full.
  # shellcheck disable=SC2206
  if ask ranks_here; then ranks=($REPLY); fi
  count=${#ranks[@]}
  if [ "$count" -gt "$most_ranks" ] && [ "$last_ranks" -gt "$most_ranks" ]; then
    most_ranks=$((count < last_ranks ? count : last_ranks))
  fi
  last_ranks=$count
  if [ "$count" -lt "$most_ranks" ]; then lost_at=${lost_at:-$SECONDS}; else lost_at=; fi
  seconds_of_loss=$((lost_at ? SECONDS - lost_at : 0))
}

# Whether a launcher of a job, which has ranks on this computer or none, has not started any for long.
is_late() {
  [ -n "$job_id" ] && [ "$SECONDS" -ge $((started + start_timeout)) ] && [ "$most_ranks" = 0 ] && [ "$last_ranks" = 0 ] &&
    ! has_begun
}

# A launcher that scripts/train.sh has started leads a session, which goes with it. Ranks that wait for one that has
# gone would keep SLURM from starting the job again. bash would report the kill.
kill_launcher() {
  local ranks=()
  {
    kill -KILL -- "-$launcher" || kill -KILL "$launcher" || true
    mapfile -t ranks < <(ranks_here)
    kill -KILL "${ranks[@]}" || true
    wait "$launcher" || true
  } 2>/dev/null
}

# Runs a launcher in the background, so as to hear of signals. One that has lost ranks may wait for ever: mpirun of
# Open MPI 4.1 does so when a rank is killed while it connects, that of 5 when another host is cut off.
train() {
  exit_code=0
  # sbatch --export would have srun keep what is set here from ranks, and from mpirun's daemons on other nodes.
  export SLURM_EXPORT_ENV=ALL
  if [ "$1" = mpirun_on ]; then require_mpirun; fi
  if [ -n "${asks:-}" ]; then
    if [ -z "$run_dir" ] && [ "${!#}" = --resume ]; then set -- "${@:1:$#-1}"; fi
    ("$@") || exit_code=$?
    return
  fi
  if [ "$1" = mpirun_on ]; then prepare_mpirun; fi
  ask status_stamp
  stamp_before=$REPLY
  begun=
  most_ranks=0
  last_ranks=0
  seconds_of_loss=0
  lost_at=
  next_count=0
  started=$SECONDS
  listen
  "$@" &
  launcher=$!
  while is_running && ! has_stopped && ! is_late && [ "$seconds_of_loss" -lt 10 ]; do
    pause 1
    heed_all
    pass_on
    count_losses
  done
  if is_late; then complain "no rank has started in $start_timeout seconds: the launcher is ended"; fi
  # Before waiting, for which there may be no time.
  heed_all
  if [ -n "$asked_to_stop" ] && has_stopped; then
    ask saved_step "$run_dir" || true
    say "the training has stopped, saved at step $REPLY"
  fi
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if is_running; then pause 0.5; fi
  done
  trap '' INT HUP USR1 USR2 TERM URG
  if is_running; then
    # The ranks have gone; what it has started on other nodes follows.
    kill_launcher
    exit_code=1
  else
    wait "$launcher" || exit_code=$?
  fi
  has_begun || true
}

# --- end_job ---

# Whether there was nothing left to do, so that run.status stays as it is.
was_done_before() { [ "$exit_code" = 0 ] && ! has_begun && [ "$(run_state "$run_dir")" = DONE ]; }

# A run that is another job's, and a launch that has not even begun, unless it was killed or could not start.
was_refused() {
  [ "$exit_code" = 3 ] ||
    { ! has_begun && ! was_done_before && case $exit_code in 0 | 2 | 4) ;; *) false ;; esac; }
}

# Where this start's part of the logs begins.
log_of() { readlink "/proc/$$/fd/$1"; }
log_bytes() { stat -c %s "$(log_of "$1")" 2>/dev/null || echo 0; }
log_begins=(0 "$(log_bytes 1)" "$(log_bytes 2)")

# How many processes of the job's cgroup the kernel has ended for want of memory, on this node.
oom_kills() {
  local kind path
  while IFS=: read -r _ kind path; do
    case $kind in
      '') cat "/sys/fs/cgroup${path%/step_*}/memory.events" ;;
      memory) cat "/sys/fs/cgroup/memory$path/memory.oom_control" ;;
    esac
  done </proc/self/cgroup 2>/dev/null | awk '$1 == "oom_kill" { count += $2 } END { print count + 0 }'
}
oom_kills_before=$(oom_kills)

# Whether processes took more memory than the job has, by the kernel or by SLURM: they will again.
is_out_of_memory() {
  local each
  if [ "$(oom_kills)" -gt "$oom_kills_before" ]; then return 0; fi
  for each in 1 2; do
    if [ -f "$(log_of $each)" ] && tail -c "+$((log_begins[each] + 1))" "$(log_of $each)" |
      grep -Eiq '^(slurmstepd|srun)[^ ]*: error: .*(oom.kill|out of memory|memory limit)'; then
      return 0
    fi
  done
  return 1
}

# Whether this start was stopped before anything new was saved, as by an end that comes before that of a step.
was_too_short() {
  [ "$(saved_step "$run_dir")" -le "$first_step" ] &&
    { [ -n "$asked_to_stop" ] || [ "$(run_fact "$run_dir" reason)" = "the job's time limit" ]; }
}

# What SLURM does with this job. It may have ended it already: at its limit, for a job with priority, by scancel.
fate() {
  local facts again
  facts=" $(scontrol show job --oneliner "$job_id" 2>/dev/null) " || true
  again=$(number "$(sed -n 's/.* Restarts=\([0-9]*\) .*/\1/p' <<<"$facts")")
  if [ "$again" -gt "$restarts" ]; then
    echo requeued
  else
    case $facts in
      '  ' | *' JobState=RUNNING '* | *' Reason=TimeLimit '*) echo ours ;;
      *' PreemptTime='[0-9]*) echo ours ;;
      *) echo cancelled ;;
    esac
  fi
}

# Puts the job back into the queue. SLURM ends this script then.
requeue() {
  local error
  say "back into the queue as job $job_id; SLURM calls that CANCELLED ... DUE TO JOB REQUEUE"
  if error=$(scontrol requeue "$job_id" 2>&1); then exit 0; fi
  complain "SLURM does not put this job back into the queue (${error//$'\n'/; }); $again"
  exit 75
}

end_job() {
  local state reason again
  if [ -n "${asks:-}" ]; then exit "$exit_code"; fi
  state=$(run_state "$run_dir")
  reason=$(run_fact "$run_dir" reason)
  say "exit code $exit_code, run.status ${state:-missing}${reason:+ ($reason)}, saved at step $(saved_step "$run_dir")"
  if was_refused; then exit $((exit_code == 0 ? 2 : exit_code)); fi
  if has_begun || was_done_before; then
    case $state in
      DONE) exit 0 ;;
      FAILED) exit 1 ;;
    esac
  fi
  write_restarts
  if is_out_of_memory; then
    complain "out of memory: ask for more with sbatch --mem or --mem-per-cpu (this job had" \
      "${SLURM_MEM_PER_NODE:-${SLURM_MEM_PER_CPU:-?}} MB per ${SLURM_MEM_PER_NODE:+node}${SLURM_MEM_PER_CPU:+CPU}), or" \
      "spread the ranks over more nodes; not put back into the queue"
    exit 1
  fi
  if [ "$(saved_step "$run_dir")" -le "$first_step" ] && [ "$idle_restarts" -ge "$max_restarts" ]; then give_up; fi
  if was_too_short; then
    complain "warning: this start has saved no step; if its time was too short for one, give sbatch a longer --time"
  fi
  if [ -z "$job_id" ]; then exit 75; fi
  again="saved at step $(saved_step "$run_dir"); to go on, submit the same line again"
  case $(fate) in
    ours) requeue ;;
    requeued) say "SLURM puts this job back into the queue by itself" ;;
    *) say "not put back into the queue: the job was cancelled; $again" ;;
  esac
  exit 75
}

# From here on, since signals may come early: what is above has asked by $(...).
listen
