# SPDX-License-Identifier: MIT
"""The job scripts on a real SLURM: cut, requeued and resumed in every way, to the bits of one run.

All cases run at the same time on one cluster, since they mostly wait: for SLURM, and for steps that an
injected fault makes a second long.
"""
import os
import random
import re
import subprocess
import time

from cases import BOTH, Cases, HARMLESS, LAUNCHER, SLOW, UNKNOWN_END, end_soon, environment_of, processes
from job import LONGEST, PATIENCE
from tally_testing import BIN, DIGITS, digest, main, open_mpi_version, patience, status

NODES = 22
PARTITIONS = (
    "PartitionName=main Nodes=n[1-10] Default=YES MaxTime=INFINITE",
    "PartitionName=low Nodes=n[13-14] MaxTime=INFINITE PriorityTier=1 GraceTime=20",
    "PartitionName=high Nodes=n[13-14] MaxTime=INFINITE PriorityTier=2 PreemptMode=OFF",
    "PartitionName=lost Nodes=n[11-12] MaxTime=INFINITE",
    "PartitionName=kills Nodes=n[15-22] MaxTime=INFINITE",
)
cases = Cases(NODES, PARTITIONS)
submit = cases.submit
golden = cases.golden


# --- each returns what it has to say ---


@cases.each(*BOTH)
def four_nodes(script):
    job = submit(f"four_nodes-{script}", script, "--time=10", "--nodes=4", "--ntasks=4", options=["--max-steps", 40])
    job.wait_for_end()
    assert digest(job.run_dir) == golden(40), job.text()
    return "one digest"


@cases.one
def time_limits():
    """Four jobs or more of one minute, without any signal. They keep 40 seconds before their end, so that
    they do not take it all; on a busy machine a start takes ten of the others."""
    steps = 62  # a job has time for nineteen at most
    job = submit("time_limits", "train.sbatch", "--time=1", HARMLESS, "--nodes=2",
              options=["--max-steps", steps], environment={**SLOW, "TALLY_END_MARGIN": "40"})
    job.wait_for_end()
    assert set(job.reasons()) == {"the job's time limit", "finished"}, job.text()
    return job.require_cuts(3, golden(steps))


@cases.each(*BOTH)
def warned(script):
    """The signal that the scripts order comes half a minute after the start, for a job of one minute."""
    steps = 40
    job = submit(f"warned-{script}", script, "--time=1", "--nodes=2",
              options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
              environment={**SLOW, **UNKNOWN_END})
    job.wait_for_end()
    assert set(job.reasons()) == {"SIGUSR2", "finished"}, job.text()
    return job.require_cuts(1, golden(steps))


@cases.each(*BOTH)
def killed_at_the_limit(script):
    """Nothing tells the job of its end but the signals with which SLURM ends it."""
    steps = 75  # more than until SLURM ends the first start
    job = submit(f"killed-{script}", script, "--time=2", HARMLESS, "--nodes=2",
              options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
              environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(1)
    end_soon(job)  # that is within half a minute: SLURM looks at its limits twice a minute
    job.wait_until(lambda: len(job.starts()) > 1, "start 2")
    cases.cluster.run("scontrol", "update", f"JobId={job.id}", "TimeLimit=10")  # the earlier end counts for all starts
    job.wait_for_end()
    return job.require_cuts(1, golden(steps))


@cases.each(*BOTH)
def signals(script):
    """Each signal reaches one process, or some, or one twice; the rest is agreed."""
    steps = 40
    job = submit(f"signals-{script}", script, "--time=10", "--nodes=2",
              options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
              environment={**SLOW, **UNKNOWN_END})
    job.wait_until(lambda: job.begun(), "a start")
    cases.cluster.run("scancel", "--batch", "--signal=USR2", job.id)  # long before the training can hear
    job.wait_until(lambda: len(job.begun()) > 1, "start 2")

    def kill(signal, *pids):
        cases.cluster.run("kill", f"-{signal}", *pids)

    def twice_to_a_rank():
        kill("USR2", *2 * processes(job, "tally-train")[1:2])

    cuts = (
        lambda: cases.cluster.run("scancel", "--batch", "--signal=USR2", job.id),
        lambda: cases.cluster.run("scancel", "--signal=USR2", job.id),  # all but the batch shell
        twice_to_a_rank,
        lambda: kill("USR2", processes(job, LAUNCHER[script])[0]),
    )
    for number, cut in enumerate(cuts, 2):
        job.wait_for_steps(2, start=number)
        cut()
        job.wait_until(lambda number=number: len(job.begun()) > number, f"start {number + 1}")
    job.wait_for_steps(1, start=6)
    kill("USR1", processes(job, "tally-train")[0])
    job.wait_until(lambda: status(job.run_dir)[1]["checkpoint"] > f"step-{job.begun()[-1]:012}.h5", "USR1")
    saved = int(status(job.run_dir)[1]["step"])
    job.wait_for_end()
    assert job.begun()[-1] < saved < steps, f"saved at {saved}: {job.text()}"
    assert job.reasons() == ["SIGUSR2"] * 5 + ["finished"], job.text()
    return job.require_cuts(5, golden(steps))


@cases.one
def cancelled():
    """A job that somebody has cancelled stays so; what it has done is there for the next one."""
    steps = 10
    for script in BOTH:
        job = submit(f"cancelled-{script}", script, "--time=10", "--nodes=2",
                  options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
                  environment={**SLOW, **UNKNOWN_END})
        job.wait_for_steps(3)
        cases.cluster.run("scancel", job.id)
        job.wait_for_end(words="not put back into the queue", state="CANCELLED")
        saved = int(status(job.run_dir)[1]["step"])
        assert 3 <= saved < steps and job.last_step() - saved <= 1, job.text()
        again = submit(f"cancelled-{script}", script, "--time=10", "--nodes=1")
        again.wait_for_end()
        assert again.begun() == [0, saved], again.text()
        assert digest(job.run_dir) == golden(steps)
    return "2 jobs cancelled, and continued by 2 others on one node"


@cases.one
def preempted():
    """Jobs of a partition with priority take the nodes away, twice: sooner than the job was to end, if it knows that."""
    steps = 60  # a busy machine is some seconds late each time
    jobs = [submit(f"preempted-{script}", script, "--partition=low", "--time=10", "--nodes=2",
                options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
                environment={**SLOW, **end}) for script, end in zip(BOTH, ({}, UNKNOWN_END))]
    for start in (1, 2):
        for job in jobs:
            job.wait_for_steps(3, start)
        cases.cluster.run("sbatch", "--partition=high", "--nodes=2", "--exclusive", "--output=/dev/null",
                    "--wrap=sleep 2")
        for job in jobs:
            job.wait_until(lambda job=job, start=start: len(job.begun()) > start, f"start {start + 1}")
    for job in jobs:
        job.wait_for_end()
    return "; ".join(job.require_cuts(2, golden(steps)) for job in jobs)


@cases.one
def node_lost():
    """A node goes down without a word: the job goes on with the other one alone."""
    steps = 16
    job = submit("node_lost", "train.sbatch", "--partition=lost", "--time=10", "--nodes=1-2", "--spread-job",
              options=["--max-steps", steps, "--checkpoint-every", "1steps"], environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(4)
    assert "on n[11-12], from step" in job.text(), job.text()
    cases.cluster.run("scontrol", "update", "NodeName=n12", "State=DOWN", "Reason=test")
    job.wait_until(lambda: len(job.begun()) > 1, "a second start")
    job.wait_for_end()
    assert "on n11, from step" in job.text(), job.text()
    return job.require_cuts(1, golden(steps))


@cases.each(*((script, nodes) for script in BOTH for nodes in (1, 2)))
def killed_ranks(case):
    """One rank of two at random moments: as it connects, in a step, in a save. TALLY_KILLS of all cases together."""
    script, nodes = case
    kills = int(os.environ.get("TALLY_KILLS", 8)) // 4
    seed = int(os.environ.get("TALLY_SEED", 0)) or random.randrange(1, 10**6)
    moments = random.Random(f"{seed} {script} {nodes}")
    least = kills if "TALLY_KILLS" in os.environ else 1  # a busy machine is late, and the run may be over
    steps = 10 * kills + 30
    phase = "save" if (script == "train.sbatch") == (nodes == 1) else "reduce"
    job = submit(f"kills-{nodes}-{script}", script, "--partition=kills", "--time=60", f"--nodes={nodes}", "--ntasks=2",
                 options=["--max-steps", steps, "--checkpoint-every", "1steps"],
                 environment={**UNKNOWN_END, "TALLY_FAULT": f"slow:{phase}:seconds=1", "TALLY_MAX_RESTARTS": "99"})
    seconds = []

    def requeues():
        return job.text().count("back into the queue")

    def is_done():
        return "run.status DONE" in job.text()

    while len(seconds) < kills and not is_done():
        before = requeues()
        job.wait_until(lambda before=before: is_done() or (
            len(job.starts()) > before and len(processes(job, "tally-train")) == 2), f"the ranks of start {before + 1}")
        time.sleep(moments.choice((moments.uniform(0, 1), moments.uniform(0, 9))))
        ranks = processes(job, "tally-train")
        if len(ranks) < 2 or requeues() > before:
            continue  # SLURM may end the first step of a start that followed too soon on another
        cases.cluster.run("kill", "-KILL", moments.choice(ranks))
        start = time.monotonic()
        job.wait_until(lambda before=before: is_done() or requeues() > before, f"requeue {before + 1}")
        if requeues() > before:
            seconds.append(time.monotonic() - start)
    job.wait_for_end()
    assert len(seconds) >= least and max(seconds) < patience(40), f"seed {seed}: {seconds}"
    assert not processes(job, "tally-train"), "a rank is left"
    assert digest(job.run_dir) == golden(steps), job.text()
    return f"{script}, {nodes} nodes, seed {seed}: {len(seconds)} kills, noticed in {sorted(round(s) for s in seconds)} s"


@cases.each(*BOTH)
def frozen_ranks(script):
    """The watchdog of the other one ends the launch, and with it the frozen one."""
    steps = 40
    job = submit(f"frozen-{script}", script, "--time=10", "--nodes=1", "--ntasks=2",
                 options=["--max-steps", steps, "--checkpoint-every", "1steps", "--stall-timeout", 8],
                 environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(2)
    rank = processes(job, "tally-train")[1]
    cases.cluster.run("kill", "-STOP", rank)
    job.wait_for_steps(1, start=2)
    assert f"(process {rank} on this host) is frozen" in job.text(), job.text()
    assert rank not in processes(job, "tally-train"), "the frozen rank is left"
    job.wait_for_end()
    return job.require_cuts(1, golden(steps))


@cases.one
def without_progress():
    """What fails again and again before its first checkpoint is not started for ever."""
    job = submit("without_progress", "train-srun.sbatch", "--time=10", "--nodes=1",
              environment={"TALLY_FAULT": "kill:reduce:rank=1:step=2"})
    job.wait_for_end(words="restarts without progress: still at step 0", state="FAILED")
    assert job.begun() == [0] * 4, job.text()
    return "given up at the fourth start"


@cases.one
def refused():
    """What is wrong today is wrong tomorrow: not a second start."""
    job = submit("refused", "train.sbatch", "--time=10", options=["--batch-size", 10, "--micro-batch", 3],
              environment={"OMPI_MCA_odls_base_sigkill_timeout": "0"})
    job.wait_for_end(words="run.status missing", state="FAILED")
    assert job.begun() == [None], job.text()
    assert "expected a divisor of --batch-size 10" in job.text(), job.text()
    return "one start"


@cases.one
def interactive():
    """srun without PMIx says what is missing; a shell of salloc needs nothing more. With Open MPI 5 each rank says it."""
    directory = cases.cluster.directory / "runs" / "interactive"
    program = [BIN / "tally-train", "--data", DIGITS, "--max-steps", 40, "--run-dir"]
    environment = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    seconds = int(min(patience(PATIENCE), LONGEST))  # for jobs before it
    asked = ["bash", "-c", '"$@" 2>&1 || true', "-", "srun", f"--immediate={seconds}", "-n2", *program, directory]
    told = cases.cluster.run(*asked, env=environment, timeout=seconds)
    said = re.findall("^tally-train: srun (?:has not told|started 2 processes, but) .* srun --mpi=pmix", told, re.MULTILINE)
    assert len(said) == (1 if open_mpi_version() < 5 else 2), told
    for name, launcher in (("mpirun", ["mpirun", "-n", 2]), ("srun", ["srun", "--mpi=pmix", "-n", 2])):
        cases.cluster.run("salloc", "-n2", *launcher, *program, f"{directory}-{name}", env=environment, timeout=seconds)
        assert digest(f"{directory}-{name}") == golden(40)
    return "told; one digest"


@cases.one
def without_the_environment():
    """Not even HOME and PATH. sbatch --export would have what the script sets kept from its ranks, too."""
    steps = 30  # so that ranks are seen on a busy machine
    site = cases.cluster.directory / "home" / ".config" / "tally" / "site.sh"
    site.parent.mkdir(parents=True)
    site.write_text(f"export TALLY_TRAIN={BIN / 'tally-train'} SLURM_CONF={cases.cluster.directory / 'slurm.conf'}\n"
                    "export OMP_WAIT_POLICY=passive\n"
                    "export TALLY_ALLOW_FAULTS=1 TALLY_FAULT=slow:reduce:seconds=1\n")
    jobs = [submit(f"no_environment-{script}", script, "--time=10", "--nodes=2", "--export=NONE",
                   is_user=True, options=["--max-steps", steps]) for script in BOTH]
    for job in jobs:
        job.wait_for_steps(1)
        ranks = processes(job, "tally-train")
        for name in ("TALLY_LAUNCH", "TALLY_END_TIME"):
            values = [environment_of(job.cluster, rank).get(name) for rank in ranks]
            assert len(values) == 2 and values[0] and values[0] == values[1], (name, values, job.text())
    for job in jobs:
        job.wait_for_end()
        assert digest(job.run_dir) == golden(steps), job.text()
    return "two jobs"


@cases.one
def installed():
    """A script of an installation, submitted from elsewhere, finds what it shares and its program."""
    prefix, elsewhere = cases.cluster.directory / "prefix", cases.cluster.directory / "elsewhere"
    subprocess.run(["cmake", "--install", BIN.parent, "--prefix", prefix], check=True, capture_output=True)
    elsewhere.mkdir()
    job = submit("installed", prefix / "share" / "tally" / "slurm" / "train.sbatch", "--time=10",
              options=["--max-steps", 40], environment={"TALLY_TRAIN": ""}, cwd=elsewhere)
    job.wait_for_end()
    assert digest(job.run_dir) == golden(40), job.text()
    return "one digest"


Slurm = cases.test_class()

if __name__ == "__main__":
    main()
