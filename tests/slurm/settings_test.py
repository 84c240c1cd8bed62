# SPDX-License-Identifier: MIT
"""The job scripts as an ordinary user of another kind of cluster: preempted jobs are cancelled, nothing confines a
job to its cores, processes have five seconds to end, jobs are requeued only if they ask for it, memory is limited.
"""
import datetime
import os
import re
import shutil

from cases import BOTH, Cases, LAUNCHER, SLOW, UNKNOWN_END, processes
from job import ROOT
from tally_testing import digest, main, status

NODES = 20
PARTITIONS = (
    "PartitionName=main Nodes=n[1-12] Default=YES MaxTime=INFINITE",
    "PartitionName=low Nodes=n[13-14] MaxTime=INFINITE PriorityTier=1 GraceTime=20",
    "PartitionName=high Nodes=n[13-14] MaxTime=INFINITE PriorityTier=2 PreemptMode=OFF",
    "PartitionName=low0 Nodes=n[15-16] MaxTime=INFINITE PriorityTier=1 GraceTime=0",
    "PartitionName=high0 Nodes=n[15-16] MaxTime=INFINITE PriorityTier=2 PreemptMode=OFF",
    "PartitionName=one Nodes=n17 MaxTime=INFINITE",
    "PartitionName=array Nodes=n[18-20] MaxTime=INFINITE",
)
cases = Cases(NODES, PARTITIONS, TaskPlugin="task/none", JobAcctGatherType="jobacct_gather/linux",
              JobAcctGatherParams="OverMemoryKill", SelectTypeParameters="CR_Core_Memory\nDefMemPerCPU=1000",
              JobRequeue=0, KillWait=5, SchedulerParameters="", PreemptMode="CANCEL")
ENDLESS = ["--epochs", 5000, "--checkpoint-every", "1000epochs"]
ONCE = ["--checkpoint-every", "99epochs"]


def submit(*arguments, **options):
    return cases.submit(*arguments, is_user=True, **options)


# --- each returns what it has to say ---


@cases.each(*((script, grace) for script in BOTH for grace in ("", "0")))
def preempted_jobs_ask_to_come_back(case):
    """With a GraceTime, TERM goes to the steps of a job, of which mpirun makes none on one node."""
    script, grace = case
    steps = 40
    job = submit(f"preempted{grace}-{script}", script, f"--partition=low{grace}", "--time=10", "--nodes=1",
                 "--ntasks=2", "--job-name=my first run", options=["--max-steps", steps, *ONCE],
                 environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(3)
    cases.cluster.run("sbatch", f"--partition=high{grace}", "--nodes=2", "--exclusive", "--output=/dev/null",
                      "--wrap=sleep 2")
    job.wait_for_end()
    return job.require_cuts(1, cases.golden(steps))


@cases.each(*BOTH)
def cancelled_jobs_say_what_is_saved(script):
    """In the five seconds that they have."""
    job = submit(f"cancelled-{script}", script, "--time=10", "--nodes=1", options=[*ENDLESS],
                 environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(3)
    cases.cluster.run("scancel", job.id)
    job.wait_for_end(words="the training has stopped, saved at step", state="CANCELLED")
    saved = int(status(job.run_dir)[1]["step"])
    assert f"saved at step {saved}\n" in job.text() and saved >= 3, job.text()
    return f"saved at step {saved}"


@cases.one
def signals_reach_a_job_without_steps():
    """One node, mpirun: scancel signals the steps of a job."""
    steps = 60
    job = submit("signals", "train.sbatch", "--time=10", "--nodes=1", options=["--max-steps", steps, *ONCE],
                 environment={**SLOW, **UNKNOWN_END})
    assert_signals_work(job, "scancel")
    job.wait_for_end()
    return job.require_cuts(1, cases.golden(steps))


def assert_signals_work(job, *scancel):
    job.wait_for_steps(2)
    cases.cluster.run(*scancel, "--signal=USR1", job.id)
    job.wait_until(lambda: "\nsaved at step" in job.text(), "a save by USR1")
    assert len(job.begun()) == 1, job.text()
    cases.cluster.run(*scancel, "--signal=USR2", job.id)
    job.wait_until(lambda: len(job.begun()) > 1, "a second start")


@cases.one
def the_log_tells_how_to_signal():
    """The commands in it do what they say, for a script with blanks in folder and name, too."""
    folder = cases.cluster.directory / "my own scripts"
    shutil.copytree(ROOT / "slurm", folder)
    (folder / "train.sbatch").rename(folder / "my first run")
    job = submit("told", folder / "my first run", "--time=10", "--nodes=1", options=["--max-steps", 300, *ONCE],
                 environment={**SLOW, **UNKNOWN_END}, cwd=cases.cluster.directory / "home")
    job.wait_for_steps(2)
    words = re.search(r"to save and start again: (scancel .*) --signal=USR2", job.text())[1].split()
    assert_signals_work(job, *words)
    job.wait_for_steps(2, start=2)
    cases.cluster.run(*re.search(r"to save and stop for good: (scancel \d+)$", job.text(), re.MULTILINE)[1].split())
    job.wait_for_end(words="not put back into the queue", state="CANCELLED")
    return f"saved at step {status(job.run_dir)[1]['step']}"


@cases.each(*BOTH)
def nothing_is_put_back_that_may_not_be(script):
    job = submit(f"no_requeue-{script}", script, "--no-requeue", "--time=10", "--nodes=1", options=ENDLESS,
                 environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(3)
    cases.cluster.run("scancel", "--batch", "--signal=USR2", job.id)
    job.wait_for_end(words="submit the same line again", state="FAILED")
    saved = int(status(job.run_dir)[1]["step"])
    assert f"saved at step {saved}; to go on, submit the same line again" in job.text(), job.text()
    assert "ExitCode=75:0" in cases.cluster.run("scontrol", "show", "job", job.id), job.text()
    return f"75 at step {saved}"


@cases.each(*BOTH)
def the_training_ends_with_its_script(script):
    """scancel --batch kills the script alone."""
    job = submit(f"orphan-{script}", script, "--time=10", "--nodes=1", options=ENDLESS,
                 environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(3)
    programs = f"tally-train|{LAUNCHER[script]}"
    assert len(processes(job, programs)) >= 3, job.text()
    cases.cluster.run("scancel", "--batch", job.id)
    job.wait_until(lambda: job.state() not in ("RUNNING", "COMPLETING"), "the end of the job")
    job.wait_until(lambda: not processes(job, programs), "no process is left")
    job.is_over = True
    facts = status(job.run_dir)[1]
    assert facts["reason"] in ("SIGUSR2", "SIGTERM") and int(facts["step"]) >= 3, (facts, job.text())
    return f"saved at step {facts['step']} for {facts['reason']}"


@cases.one
def jobs_of_one_node_share_it_fairly():
    """Two jobs of a core each, where SLURM confines neither."""
    jobs = [submit(f"shares-{script}", script, "--partition=one", "--ntasks=1", "--time=10",
                   options=ENDLESS, environment=SLOW) for script in BOTH]
    for job in jobs:
        job.wait_for_steps(1)
    for job in jobs:
        rank, = processes(job, "tally-train")
        allowed = cases.cluster.run("grep", "Cpus_allowed:", f"/proc/{rank}/status").split()[1]
        assert bin(int(allowed.replace(",", ""), 16)).count("1") > 1, f"bound to {allowed}"
    for job in jobs:
        cases.cluster.run("scancel", job.id)
        job.wait_for_end(words="the training has stopped", state="CANCELLED")
        assert ", 1 rank, 1 thread" in job.text(), job.text()
        assert "SLURM gives this job 1 core of host n17, but lets it run on" in job.text(), job.text()
    assert "ranks are not bound" in jobs[0].text(), jobs[0].text()
    return "neither is bound, each has one thread"


@cases.one
def the_doctor_has_its_own_exit_code():
    job = submit("doctor", "train.sbatch", "--time=10", options=["--doctor"])
    job.wait_for_end(words="0 errors")
    assert not job.run_dir.exists(), list(job.run_dir.iterdir())
    job = submit("doctor-without", "train.sbatch", "--time=10", options=["--doctor"], run_dir="",
                 cwd=cases.cluster.directory)
    job.wait_for_end(words="0 errors")
    job = submit("doctor-2", "train.sbatch", "--time=10", options=["--doctor", "--threads", 64])
    job.wait_for_end(words="1 error,", state="FAILED")
    assert "ExitCode=2:0" in cases.cluster.run("scontrol", "show", "job", job.id), job.text()
    return "0 and 2"


@cases.one
def a_missing_mpirun_is_named():
    """Without a second start."""
    folder = cases.cluster.directory / "bin"
    folder.mkdir()
    for path in ROOT.__class__("/usr/bin").iterdir():
        if not path.name.startswith(("mpi", "orte", "prte")):
            (folder / path.name).symlink_to(path)
    job = submit("no_mpirun", "train.sbatch", "--time=10", options=["--max-steps", 2],
                 environment={"PATH": f"{folder}:/usr/sbin"})
    job.wait_for_end(words="mpirun: not found on n", state="FAILED")
    assert "module" in job.text() and len(re.findall("mpirun: not found", job.text())) == 1, job.text()
    assert "ExitCode=2:0" in cases.cluster.run("scontrol", "show", "job", job.id), job.text()
    return "2"


@cases.one
def a_second_job_on_a_run_directory_is_refused():
    """Even while the first one saves, and without a trace."""
    first = submit("first", "train.sbatch", "--time=10", "--ntasks=1", environment={**SLOW, **UNKNOWN_END},
                   options=["--max-steps", 60, "--checkpoint-every", "1steps"])
    first.wait_for_steps(2)
    restarts = first.run_dir / "job.restarts"
    before = restarts.read_text()
    assert before.split() == [first.id, "0", "0"], before
    second = submit("second", "train.sbatch", "--time=10", "--ntasks=1", run_dir=first.run_dir)
    second.wait_for_end(words="in use by", state="FAILED")
    assert "ExitCode=3:0" in cases.cluster.run("scontrol", "show", "job", second.id), second.text()
    assert f"job {first.id}" in second.text(), second.text()
    assert restarts.read_text() == before, restarts.read_text()
    cases.cluster.run("scancel", "--batch", "--signal=USR2", first.id)
    first.wait_for_end()
    assert restarts.read_text().split()[::2] == [first.id, "1"], restarts.read_text()
    return first.require_cuts(1, cases.golden(60))


@cases.one
def too_little_memory_is_named():
    """Not a second start, which would be ended the same way."""
    job = submit("memory", "train-srun.sbatch", "--time=10", "--ntasks=1", "--mem=20", options=ENDLESS)
    job.wait_for_end(words="out of memory: ask for more with sbatch --mem", state="FAILED")
    assert len(job.begun()) == 1 and "this job had 20 MB per node" in job.text(), job.text()
    return "FAILED"


@cases.one
def tasks_of_an_array_come_back_alone():
    """The last one, too, whose SLURM_JOB_ID is that of the array. One runs at a time."""
    directory = cases.cluster.directory / "runs" / "array"
    job = submit("array-%a", "sweep.sbatch", "--partition=array", "--array=1-3%1", "--time=10", "--ntasks=1",
                 "--open-mode=append", run_dir=directory, options=["seed=1,7,9", "--max-steps", 25, *ONCE],
                 environment={**SLOW, **UNKNOWN_END})
    logs = [cases.cluster.directory / f"array-{task}.log" for task in (1, 2, 3)]

    def starts():
        return [len(re.findall(", start .* from step", log.read_text())) if log.exists() else 0 for log in logs]

    def is_running(task):
        steps = directory / f"seed-{(1, 7, 9)[task]}" / "steps.csv"
        return steps.exists() and len(steps.read_text().splitlines()) > 3

    for task in (0, 1, 2):
        job.wait_until(lambda task=task: is_running(task), f"task {task + 1} runs")
        # Not by scancel, which sends a signal to such a task three times in twenty seconds.
        cases.cluster.run("pkill", "-USR2", "-f", f"^[^ ]*tally-train .*seed-{(1, 7, 9)[task]}")
        job.wait_until(lambda task=task: "back into the queue" in logs[task].read_text(), "it is put back")
    job.wait_until(lambda: all(log.read_text().count("run.status DONE") == 1 for log in logs), "all are done")
    job.is_over = True
    assert starts() == [2, 2, 2], [log.read_text() for log in logs]
    assert digest(directory / "seed-1") == cases.golden(25)
    return "3 tasks, 2 starts each"


@cases.each(*((1, 2) if os.environ.get("TALLY_LONG") else (1,)))
def short_jobs_use_their_time(minutes):
    """A known end decides, and not the signal that comes as much as two and a half minutes before it."""
    steps, least = {1: (100, 0.5), 2: (360, 0.85)}[minutes]  # by the signal: 0.3 of a minute
    job = submit(f"short-{minutes}", "train.sbatch", f"--time={minutes}", "--nodes=1",
                 options=["--max-steps", steps, *ONCE], environment=SLOW)
    job.wait_for_end(seconds=60 * 12)
    assert set(job.reasons()) == {"the job's time limit", "finished"}, job.text()
    lines = re.findall(r"^train.sbatch: (\S+ \S+): (?:job \d+, start|exit code)", job.text(), re.MULTILINE)
    times = [datetime.datetime.fromisoformat(line) for line in lines]
    used = [(end - start).total_seconds() / 60 / minutes for start, end in zip(times[:-2:2], times[1:-2:2])]
    assert min(used) >= least, f"{used}: {job.text()}"
    return f"{job.require_cuts(2, cases.golden(steps))}; {[f'{share:.0%}' for share in used]} of {minutes} min used"


Settings = cases.test_class()

if __name__ == "__main__":
    main()
