# SPDX-License-Identifier: MIT
"""Sweeps and scaling tables on a real SLURM, submitted by tally-sbatch and by sbatch. All cases run at the same time on
one cluster, since they mostly wait."""
import concurrent.futures
import json
import re

from cases import Cases, SLOW, UNKNOWN_END
from cluster import Cluster
from job import ENVIRONMENT, LONGEST, PATIENCE  # says where tally_testing is
from tally_testing import DIGITS, ROOT, digest, main, patience, read_csv, run, status

NODES = 9
PARTITIONS = (
    "PartitionName=main Nodes=n[1-7] Default=YES MaxTime=INFINITE",
    "PartitionName=scaling Nodes=n[8-9] MaxTime=INFINITE",
)
cases = Cases(NODES, PARTITIONS)
SLOWLY = {**ENVIRONMENT, **SLOW, **UNKNOWN_END}
STEPS = 40  # ten epochs: a busy machine is late
# Of eight, task 4 fails as its numbers overflow, and task 5 is refused. The last task of an array has the array's
# number for its own.
CONFIGURATIONS = """\
name,      seed, learning-rate, weight-decay
plain-1,   1,    0.1,           0
cut-2,     2,    0.1,           0
cut-3,     3,    0.1,           0
overflow,  1,    1e9,           1e9
refused,   1,    abc,           0
cancelled, 4,    0.1,           0
plain-5,   5,    0.1,           0
cut-6,     6,    0.1,           0
"""
NAMES = [line.split(",")[0] for line in CONFIGURATIONS.splitlines()[1:]]
CUT, CANCELLED = (2, 3, 8), 6
STATES = ["DONE", "DONE", "DONE", "FAILED", "REFUSED", "STOPPED", "DONE", "DONE"]
TRAINING = ("--data", DIGITS, "--train-limit", 912, "--validation", 400, "--epochs", 10, "--checkpoint-every", "99epochs")


def sbatch(*words):
    return cases.cluster.run(ROOT / "slurm" / "tally-sbatch", *words, cwd=ROOT, env=SLOWLY)


class Array:
    """A job array of a sweep."""

    def __init__(self, name, words, *options, request=()):
        self.sweep = cases.cluster.directory / "runs" / name
        self.log = cases.cluster.directory / name
        said = sbatch("--force", "--parsable", f"--output={self.log}-%a.log", "--ntasks=1", "--time=10", *request, "sweep",
                      *words, "--run-dir", self.sweep, *options)
        self.id = said.splitlines()[-1]

    def text(self, task):
        path = self.log.with_name(f"{self.log.name}-{task}.log")
        return path.read_text() if path.exists() else ""

    def starts(self, task):
        return len(re.findall(rf"^\S+: .*\bjob {self.id}_{task}, start \d+, on ", self.text(task), re.MULTILINE))

    def state(self, task):
        shown = cases.cluster.run("scontrol", "show", "job", "--oneliner", f"{self.id}_{task}", check=False)
        found = re.search(r"JobState=(\S*)", shown)
        return found.group(1) if found else ""

    def wait_until(self, condition, what):
        try:
            Cluster.wait_until(condition, min(patience(PATIENCE), LONGEST), what)
        except TimeoutError as error:
            logs = "".join(f"--- task {task}:\n{self.text(task)}" for task in range(1, 9))
            raise AssertionError(f"array {self.id}: {error}\n{logs}") from error

    def wait_for_step(self, name, least):
        def is_there():
            path = self.sweep / name / "steps.csv"
            return path.exists() and len(path.read_text().splitlines()) > least
        self.wait_until(is_there, f"step {least} of {name}")

    def wait_for_ends(self, tasks):
        ended = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")
        self.wait_until(lambda: all(self.state(task) in ended for task in tasks), "the end of all tasks")


def golden(number):
    """The digest of a task's training without SLURM."""
    seed = CONFIGURATIONS.splitlines()[number].split(",")[1].strip()
    directory = cases.cluster.directory / f"golden-{number}"
    result = run("tally-train", "--run-dir", directory, *TRAINING, "--seed", seed, "--learning-rate", 0.1,
                 "--weight-decay", 0, "--quiet", ranks=1)
    assert result.code == 0, result.err
    return digest(directory)


# --- each returns what it has to say ---


@cases.one
def eight_tasks():
    """Two fail, three are cut and go on, one is cancelled: each in its own way, and no other twice."""
    table = cases.cluster.directory / "runs.csv"
    table.write_text(CONFIGURATIONS)
    array = Array("eight", [table], *TRAINING, "--log-every", 1)

    def interrupt(task):
        array.wait_for_step(NAMES[task - 1], 3)
        live = run("tally-status", "--json", array.sweep / NAMES[task - 1]).out
        if task == CANCELLED:
            cases.cluster.run("scancel", f"{array.id}_{task}")
        elif task == len(NAMES):  # scancel sends a signal to the last task of an array several times
            cases.cluster.run("pkill", "-USR2", "-f", f"^[^ ]*tally-train .*/{NAMES[task - 1]}( |$)")
        else:
            cases.cluster.run("scancel", "--batch", "--signal=USR2", f"{array.id}_{task}")
        return json.loads(live)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        cuts = [pool.submit(interrupt, task) for task in (*CUT, CANCELLED)]
        lives = [cut.result() for cut in cuts]
    array.wait_for_ends(range(1, 9))
    rows = read_csv(array.sweep / "sweep.csv")
    assert [row["run"] for row in rows] == NAMES, rows
    assert [row["state"] for row in rows] == STATES, rows
    assert [array.starts(task) for task in range(1, 9)] == [2 if task in CUT else 1 for task in range(1, 9)], [
        array.text(task) for task in range(1, 9)]
    for task, row in enumerate(rows, 1):
        state, facts = status(array.sweep / row["run"]) if row["state"] != "REFUSED" else ("", {"step": "0"})
        assert row["step"] == facts["step"], (row, facts)
        if row["state"] == "DONE":
            assert (row["step"], row["reason"]) == (str(STEPS), "finished"), row
        if task in CUT:
            # Not a step twice, none left out, and the second start went on from the first one's last.
            steps = [int(line["step"]) for line in read_csv(array.sweep / row["run"] / "steps.csv")]
            assert steps == list(range(1, STEPS + 1)), steps
            resumed = re.findall(r"in all, resumed at step (\d+)$", array.text(task), re.MULTILINE)
            assert len(resumed) == 1 and int(resumed[0]) >= 3, array.text(task)
            assert digest(array.sweep / row["run"]) == golden(task), array.text(task)
    assert rows[3]["reason"] and int(rows[3]["step"]) < STEPS, rows[3]
    assert rows[4]["reason"] == f"tally-train did not take it; the log of task 5 of job {array.id} says why", rows[4]
    assert "learning-rate: expected a number" in array.text(5), array.text(5)
    assert rows[5]["reason"] == "SIGTERM" and 3 <= int(rows[5]["step"]) < STEPS, rows[5]
    for live in lives:
        assert (live["state"], live["workers"]) == ("RUNNING", "1 rank, 1 thread in all"), live
        assert re.fullmatch(r"host n\d, process \d+, job \d+", live["owner"]), live
    ranks = [row["rank"] for row in rows]
    assert [bool(rank) for rank in ranks] == [True] * 3 + [False] * 2 + [bool(rows[5]["validation_accuracy"])] + [True] * 2, rows
    told = run("tally-status", array.sweep).out.splitlines()
    assert len(told) == 10 and "5 DONE, 1 STOPPED, 1 FAILED, 1 REFUSED" in told[-1], told
    return f"starts {[array.starts(task) for task in range(1, 9)]}, {[row['state'] for row in rows]}"


@cases.one
def seeds():
    """Two recipes with two seeds each: the best by validation, and means over seeds. A network stays whole."""
    words = ["network=dense:20,tanh,dense:10;dense:10", "seed=1,2"]
    array = Array("seeds", words, "--data", DIGITS, "--validation", 400, "--epochs", 1, request=["--at-once", 2])
    assert f"--array=1-4%2 {ROOT}" in sbatch(
        "--dry-run", "--at-once", 2, "sweep", *words, "--run-dir", array.sweep, "--data", DIGITS, "--validation", 400)
    array.wait_until((array.sweep / "sweep.csv").exists, "a table")
    assert len(run("tally-status", "--json", array.sweep).out.splitlines()) == 4, "those that wait are not shown"
    array.wait_for_ends(range(1, 5))
    rows = read_csv(array.sweep / "sweep.csv")
    assert [(row["network"], row["seed"], row["state"]) for row in rows] == [
        (network, seed, "DONE") for network in words[0].split("=")[1].split(";") for seed in "12"], rows
    shapes = [re.search(r"^run: \S+: (784-[\d-]+) ", array.text(task), re.MULTILINE)[1] for task in range(1, 5)]
    assert shapes == ["784-20-10"] * 2 + ["784-10"] * 2, shapes
    best = max(rows, key=lambda row: float(row["validation_accuracy"]))
    assert best["rank"] == "1", rows
    said = [array.text(task) for task in range(1, 5) if "4 tasks: 4 DONE" in array.text(task)]
    assert said and f"best by validation: {best['run']}, " in said[0], [array.text(task) for task in range(1, 5)]
    means = read_csv(array.sweep / "seeds.csv")
    for mean, pair in zip(means, (rows[:2], rows[2:])):
        values = [float(row["validation_accuracy"]) for row in pair]
        assert abs(float(mean["validation_accuracy_mean"]) - sum(values) / 2) < 1e-9, means
        assert abs(float(mean["validation_accuracy_deviation"]) - abs(values[0] - values[1]) / 2 ** 0.5) < 1e-9, means
    return f"{best['run']} {best['validation_accuracy']}"


@cases.one
def without_array():
    """Refused with the line to type, which then works."""
    job = cases.submit("no-array", "sweep.sbatch", "--time=10", "--ntasks=1", options=["seed=1,7", "--max-steps", 3])
    job.wait_for_end(words="trainings make a job array", state="FAILED")
    line = re.search(r"submit them with (sbatch --array=1-2 .*)$", job.text(), re.MULTILINE)[1]
    line = line.replace("sbatch ", f"sbatch --parsable --output={job.log}-%a ", 1)
    job_id = cases.cluster.run("bash", "-c", line, cwd=ROOT, env=SLOWLY).strip()
    table = job.run_dir / "sweep.csv"
    job.wait_until(lambda: table.exists() and table.read_text().count("DONE") == 2, f"two trainings of {job_id}")
    return line


@cases.one
def refused_before_it_is_queued():
    """What SLURM itself would not take."""
    for request, expected in ((["--partition=nowhere"], "SLURM would not take it: "),
                              (["--ntasks=999"], "SLURM would not take it: "), (["--time=soon"], "SLURM would not take it: ")):
        try:
            sbatch(*request, "train", "--run-dir", cases.cluster.directory / "runs" / "x", "--data", DIGITS)
        except RuntimeError as error:
            assert expected in str(error) and "not submitted" in str(error), error
        else:
            raise AssertionError(f"{request} was submitted")
    return "three requests"


@cases.one
def scaling():
    """On one and two nodes, twice each, with two tables of the same figures and a picture."""
    job = cases.submit("scaling", "scaling.sbatch", "--partition=scaling", "--ntasks-per-node=1", "--time=10",
              options=["--batch-size", 256, "--epochs", 1], environment={"TALLY_REPEATS": "2"})
    job.wait_for_end(words="the same bits on 1 2 nodes")
    rows = read_csv(job.run_dir / "scaling.csv")
    assert [(row["scaling"], row["nodes"], row["ranks"], row["batch_size"], row["repeats"]) for row in rows] == [
        ("strong", "1", "1", "256", "2"), ("strong", "2", "2", "256", "2"),
        ("weak", "1", "1", "256", "2"), ("weak", "2", "2", "512", "2")], rows
    for first, row in zip((rows[0], rows[0], rows[2], rows[2]), rows):
        speed, speedup = float(row["samples_per_second"]), float(row["speedup"])
        measured = sorted(json.loads((job.run_dir / f"{row['scaling']}-{row['nodes']}-{repeat}-1x1-"
                                                     f"{row['batch_size']}" / "profile.json")
                                     .read_text())["samples_per_second"] for repeat in (1, 2))
        assert abs(float(row["lowest"]) - measured[0]) <= 1 and abs(float(row["highest"]) - measured[1]) <= 1, rows
        assert abs(speed - sum(measured) / 2) <= 1, rows
        assert abs(speedup - speed / float(first["samples_per_second"])) < 0.01, rows
        assert abs(float(row["efficiency"]) - speedup / int(row["nodes"])) < 0.01, rows
    markdown = (job.run_dir / "scaling.md").read_text()
    assert markdown in job.text()
    assert [len(line.split("|")) for line in markdown.splitlines()] == [12] * 6, markdown
    told = run("tally-status", job.run_dir).out
    assert "8 DONE" in told.splitlines()[-1], told
    for other, why in ((["--network", "dense:10"], "--network: this run was started with"),
                       (["--epochs", 2], "--epochs: expected 1 as this run was started")):
        options = ["--batch-size", 256, "--epochs", 1, *other]
        again = cases.submit("scaling-again", "scaling.sbatch", "--partition=scaling", "--ntasks-per-node=1", "--time=10",
                             "--open-mode=truncate", options=options, environment={"TALLY_REPEATS": "2"}, run_dir=job.run_dir)
        again.wait_for_end(words=f"holds a measurement of another training: {why}", state="FAILED")
        assert "| strong |" not in again.text(), again.text()
    return markdown.splitlines()[-1]


Sweeps = cases.test_class()

if __name__ == "__main__":
    main()
