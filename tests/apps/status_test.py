# SPDX-License-Identifier: MIT
"""tally-status: runs that live, have ended or were killed, sweeps, and directories full of damage."""
import json
import os
import pty
import shutil
import signal
import subprocess

from tally_testing import (ROOT, TallyTest, command, main, patience, read_csv, run, stop_at, wait_for_stop)

METRICS = ("epoch,step,samples,learning_rate,train_loss,train_accuracy,validation_loss,validation_accuracy,"
           "test_loss,test_accuracy\n")
DONE = "DONE\nstep 32\ncheckpoint step-000000000032.h5\nreason finished\n"


def looked_at(*paths, code=0):
    """The JSON lines of tally-status."""
    result = run("tally-status", "--json", *paths)
    assert result.code == code, result.out + result.err
    return [json.loads(line) for line in result.out.splitlines()]


class StatusTest(TallyTest):
    def make_run(self, name, status=DONE, validation="", test="0.9", **files):
        """A run directory of a few files, as a training would have left them."""
        path = self.directory / name
        path.mkdir(parents=True)
        if status is not None:
            (path / "run.status").write_text(status)
        (path / "metrics.csv").write_text(METRICS + f"1,32,4096,0.1,0.5,0.8,{'0.4' if validation else ''},"
                                                    f"{validation},0.3,{test}\n")
        for file, text in files.items():
            (path / file.replace("_", ".")).write_text(text)
        return path


class OfATraining(StatusTest):
    def start(self, *arguments, environment):
        run_dir = self.directory / "run"
        process = subprocess.Popen(
            command("tally-train", "--run-dir", run_dir, "--data", "data/digits", "--checkpoint-every", "3steps",
                    "--epochs", 2, "--quiet", *arguments, ranks=2), cwd=ROOT,
            env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return run_dir, process

    def test_that_is_done(self):
        self.train("run", "--epochs", 2, "--validation", 500, ranks=2)
        run_dir = self.directory / "run"
        [told] = looked_at(run_dir)
        last = read_csv(run_dir / "metrics.csv")[-1]
        self.assertEqual((told["state"], told["next"], told["reason"]), ("DONE", "nothing", "finished"))
        self.assertEqual((told["epoch"], told["epochs"], told["max_steps"]), (2, 2, None))
        self.assertEqual(told["step"], int(last["step"]))
        for figure in ("train_loss", "validation_accuracy", "test_accuracy"):
            self.assertEqual(told[figure], float(last[figure]))
        self.assertGreater(told["samples_per_second"], 100)
        self.assertEqual((told["workers"], told["owner"]), ("2 ranks, 2 threads in all", None))
        self.assertEqual(told["checkpoint"], f"step-{told['step']:012}.h5")
        self.assertEqual(told["problems"], [])
        result = run("tally-status", run_dir)
        self.assertEqual((result.code, result.err), (0, ""))
        head, line = result.out.splitlines()
        self.assertEqual(head.split(), ["run", "state", "step", "epoch", "validation", "test", "samples/s", "since",
                                        "on", "checkpoint", "next"])
        self.assertRegex(line, rf"^{run_dir} +DONE +{told['step']} +2/2 +\d+[.]\d\d % +\d+[.]\d\d % .* step "
                               rf"{told['step']} +nothing$")

    def test_that_is_done_keeps_its_facts_when_it_is_started_again(self):
        self.train("run", "--max-steps", 8, ranks=2)
        run_dir = self.directory / "run"
        (run_dir / "job.restarts").write_text("12 0 0\n")
        [before] = looked_at(run_dir)
        for state in (None, "RESUME\nstep 8\ncheckpoint step-000000000008.h5\nworkers 2 ranks\nsamples_per_second 77\n"
                            "reason running\n"):  # as one that was killed before its last words
            if state:
                (run_dir / "run.status").write_text(state)
                before = {**before, "workers": "2 ranks", "samples_per_second": 77}
            result = self.train("run", "--resume", "--max-steps", 5, ranks=1)
            self.assertIn("finished already, at step 8", result.out)
            [after] = looked_at(run_dir)
            self.assertGreater(before["samples_per_second"], 0)
            for fact in ("state", "workers", "samples_per_second", "checkpoint", "owner", "reason", "step"):
                self.assertEqual(after[fact], before[fact], fact)
            if not state:
                self.assertEqual(after, before)
                self.assertEqual(after["max_steps"], 8)

    def test_that_lives_and_is_killed(self):
        run_dir, process = self.start("--log-every", 1, environment=stop_at("reduce", step=7))
        ranks = wait_for_stop(process)
        before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in run_dir.rglob("*")}
        [told] = looked_at(run_dir)
        self.assertEqual({path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in run_dir.rglob("*")}, before)
        self.assertEqual((told["state"], told["next"]), ("RUNNING", "wait"))
        self.assertRegex(told["owner"], rf"^host \S+, process ({'|'.join(map(str, ranks))})")
        self.assertEqual(told["workers"], "2 ranks, 2 threads in all")
        self.assertEqual(told["checkpoint"], "step-000000000006.h5")
        self.assertIn(told["step"], (6, 7))  # steps.csv may be a row behind
        self.assertIsNotNone(told["since"])
        for rank in ranks:
            os.kill(rank, signal.SIGKILL)
        process.wait(timeout=patience(100))
        [told] = looked_at(run_dir)
        self.assertEqual((told["state"], told["next"], told["reason"]), ("KILLED", "resume", "ended without a word"))

    def test_that_was_stopped_is_followed_to_its_end(self):
        run_dir, process = self.start(environment=stop_at("reduce", step=7))
        ranks = wait_for_stop(process)
        os.kill(ranks[0], signal.SIGUSR2)
        os.kill(ranks[0], signal.SIGCONT)
        process.wait(timeout=patience(100))
        [told] = looked_at(run_dir)
        self.assertEqual((told["state"], told["next"], told["reason"]), ("STOPPED", "resume", "SIGUSR2"))
        watcher = subprocess.Popen(command("tally-status", "--watch", "--every", 1, "--json", run_dir),
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(watcher.kill)
        first = json.loads(watcher.stdout.readline())
        self.train("run", "--resume")
        lines = watcher.communicate(timeout=patience(100))[0].splitlines()
        self.assertEqual(watcher.returncode, 0)
        self.assertEqual([first["state"], json.loads(lines[-1])["state"]], ["STOPPED", "DONE"])


    def test_is_shown_anew_on_a_terminal(self):
        path = self.make_run("run", status="RESUME\nstep 32\nreason SIGTERM\n")
        master, slave = pty.openpty()
        watcher = subprocess.Popen(command("tally-status", "--watch", "--every", 1, path), stdout=slave)
        os.close(slave)
        self.addCleanup(os.close, master)
        self.addCleanup(watcher.kill)

        def shown():
            table = b""
            while table.count(b"\n") < 2:
                table += os.read(master, 4096)
            return table

        self.assertRegex(shown(), rb"^\x1b\[H\x1b\[2Jrun .*\r\n.* STOPPED ")
        (path / "run.status").write_text(DONE)
        self.assertRegex(shown(), rb"^\x1b\[H\x1b\[2Jrun .*\r\n.* DONE ")
        self.assertEqual(watcher.wait(timeout=patience(60)), 0)


class OfSweeps(StatusTest):
    def test_are_ranked_by_validation(self):
        for name, validation, test in (("a", "0.91", "0.99"), ("b", "0.93", "0.90"), ("c", "", "0.95"),
                                       ("d", "0.92", "0.91")):
            self.make_run(f"sweep/{name}", validation=validation, test=test)
        (self.directory / "sweep" / "no-run").mkdir()
        told = looked_at(self.directory / "sweep")
        self.assertEqual([(line["run"].split("/")[-1], line["rank"]) for line in told],
                         [("b", 1), ("d", 2), ("a", 3), ("c", None)])
        result = run("tally-status", self.directory / "sweep")
        self.assertEqual(result.out.splitlines()[-1],
                         f"{self.directory}/sweep: 4 DONE; best by validation: b, 93.00 %")

    def test_may_hold_a_configuration_of_their_own(self):
        run_dir = self.make_run("sweep/a")
        (run_dir.parent / "config.toml").write_text("epochs = 3\n")
        (run_dir.parent / "sweep.csv").write_text("run\na\n")
        self.assertEqual([line["run"] for line in looked_at(run_dir.parent)], [str(run_dir)])

    def test_of_equal_accuracy_are_ranked_by_loss(self):
        for name, loss in (("a", "0.4"), ("b", "nan"), ("c", "0.3")):
            self.make_run(f"sweep/{name}", **{"metrics_csv": METRICS + f"1,32,4096,0.1,0.5,0.8,{loss},0.9,0.3,0.9\n"})
        names = [line["run"].rsplit("/", 1)[1] for line in looked_at(self.directory / "sweep")]
        self.assertEqual(names, ["c", "a", "b"])

    def test_without_validation_name_no_best(self):
        for name in "ab":
            self.make_run(f"sweep/{name}")
        result = run("tally-status", self.directory / "sweep")
        self.assertIn("2 DONE; no run is ranked: hold images out with --validation", result.out)
        self.assertEqual([line["rank"] for line in looked_at(self.directory / "sweep")], [None, None])

    def test_before_their_first_epoch_name_nothing_to_choose_by(self):
        for name in "ab":
            self.make_run(f"sweep/{name}", metrics_csv=METRICS)
        self.assertTrue(run("tally-status", self.directory / "sweep").out.endswith("2 DONE\n"))

    def test_by_their_table_show_what_has_not_begun(self):
        self.make_run("sweep/seed-1", validation="0.9")
        self.make_run("sweep/seed-2", status=None, job_refused="exit code 2; the log of task 2 of job 7 says why\n")
        (self.directory / "sweep" / "sweep.csv").write_text("task,run,seed\n1,seed-1,1\n2,seed-2,2\n3,seed-3,3\n")
        told = looked_at(self.directory / "sweep" / "sweep.csv")
        self.assertEqual([(line["state"], line["next"]) for line in told],
                         [("DONE", "nothing"), ("REFUSED", "mend"), ("NEW", "start")])
        self.assertIn("task 2 of job 7", told[1]["reason"])
        self.assertEqual(looked_at(self.directory / "sweep"), told)
        self.make_run("sweep/seed-4", validation="0.8")
        for path in ("sweep", "sweep/sweep.csv"):
            self.assertEqual([line["run"].rsplit("-", 1)[1] for line in looked_at(self.directory / path)],
                             ["1", "4", "2", "3"])
        result = run("tally-status", "sweep.csv", cwd=self.directory / "sweep")
        self.assertEqual([line.split()[0] for line in result.out.splitlines()[1:5]], ["seed-1", "seed-4", "seed-2", "seed-3"])

    def test_by_a_table_that_names_other_places_are_refused(self):
        sweep = self.directory / "sweep"
        sweep.mkdir()
        for name in ("../run", "/etc", "..", "", "\x1b[2J/"):
            with self.subTest(name):
                (sweep / "sweep.csv").write_text(f"task,run\n1,{name}\n")
                for path in (sweep / "sweep.csv", sweep):
                    result = run("tally-status", path)
                    self.assertEqual((result.code, result.out.count("\n")), (1, 2))
                    self.assertIn("expected the name of a run directory in line 2", result.err)
                    self.assertNotIn("\x1b", result.err + result.out)

    def test_and_single_runs_have_tables_of_their_own(self):
        self.make_run("single")
        self.make_run("sweep/a", validation="0.9")
        result = run("tally-status", self.directory / "sweep", self.directory / "single")
        self.assertEqual([line.split()[0] if line else "" for line in result.out.splitlines()],
                         ["run", f"{self.directory}/single", "", "run", f"{self.directory}/sweep/a",
                          f"{self.directory}/sweep:"])


class OfDamage(StatusTest):
    def test_names_what_it_cannot_read_and_goes_on(self):
        good = self.make_run("good")
        for name, file, text, expected in (
                ("empty", "run.status", "", "is damaged: expected DONE, RESUME or FAILED"),
                ("half", "run.status", "DON", "is damaged: expected DONE, RESUME or FAILED"),
                ("bytes", "run.status", "\udc80\udcff\x00", "is damaged: expected DONE, RESUME or FAILED"),
                ("huge", "run.status", "x" * 100_000, "has 100 000 bytes; at most 65 536 are read"),
                ("columns", "metrics.csv", METRICS + "1,2\n", "expected 10 fields in the last line, got 2"),
                ("marks", "metrics.csv", METRICS + '"1\n', "a quotation mark opens here, and none closes"),
                ("headless", "metrics.csv", "\n1,2\n", "its first or its last line is empty"),
                ("zeros", "steps.csv", "step,epoch\n\0\0\0\n", "expected 2 fields in the last line, got 1"),
                ("toml", "config.toml", "epochs = ", "line 1: Error while parsing")):
            with self.subTest(name):
                path = self.make_run(name)
                (path / file).write_bytes(text.encode(errors="surrogateescape"))
                result = run("tally-status", path, good)
                self.assertEqual(result.code, 1)
                self.assertEqual(result.out.count("\n"), 3, result.out)
                self.assertIn(f"{path}/{file}", result.err)
                self.assertIn(expected, result.err)
                self.assertRegex(result.out.splitlines()[1], r" UNKNOWN " if file == "run.status" else r" DONE ")

    def test_waits_for_no_pipe_and_follows_no_loop(self):
        for file in ("run.status", "metrics.csv", "steps.csv", "config.toml", "run.lock", "job.restarts", "job.refused"):
            for make in (os.mkfifo, os.mkdir, lambda path: os.symlink(path, path)):
                with self.subTest(file, make=make):
                    path = self.make_run("run")
                    (path / file).unlink(missing_ok=True)
                    make(path / file)
                    result = run("tally-status", path, timeout=20)
                    self.assertIn(result.code, (0, 1))
                    self.assertEqual(result.out.count("\n"), 2)
                    shutil.rmtree(path)

    def test_reads_whole_lines_only(self):
        path = self.make_run("run", validation="0.9")
        with open(path / "metrics.csv", "a") as file:
            file.write("2,64,8192,0.1,0.4,0.9,0.3,0.95,0.2,0.9")
        self.assertEqual(looked_at(path)[0]["validation_accuracy"], 0.9)
        with open(path / "metrics.csv", "a") as file:
            file.write("7\n")
        self.assertEqual((looked_at(path)[0]["validation_accuracy"], looked_at(path)[0]["test_accuracy"]), (0.95, 0.97))

    def test_reads_the_end_of_a_long_table(self):
        path = self.make_run("run")
        with open(path / "metrics.csv", "a") as file:
            for epoch in range(2, 20_001):
                file.write(f"{epoch},{32 * epoch},1,0.1,0.4,0.9,,,0.2,0.5\n")
        [told] = looked_at(path)
        self.assertEqual((told["epoch"], told["step"], told["test_accuracy"]), (20_000, 640_000, 0.5))

    def test_of_numbers_that_are_not_finite_advises_another_run(self):
        reason = f"step 3: the gradient of weights 1 is not finite{'; neither is the loss of some' * 9}; start another run with " \
                 "a lower --learning-rate than 1e9"
        path = self.make_run("run", status=f"FAILED\nstep 3\nreason {reason}\n")
        self.assertTrue(run("tally-status", path).out.endswith(f" start another run ({reason})\n"))
        self.assertEqual(looked_at(path)[0]["next"], "start another run")

    def test_shows_more_steps_than_a_later_launch_was_given_alone(self):
        path = self.make_run("run", config_toml="max-steps = 20\n")
        self.assertRegex(run("tally-status", path).out, r" DONE +32 ")
        (path / "config.toml").write_text("max-steps = 40\n")
        self.assertRegex(run("tally-status", path).out, r" DONE +32/40 ")

    def test_shows_no_control_characters(self):
        path = self.make_run("run", status="FAILED\nstep 1\nreason \x1b[2J\x07\rrm -rf\n", run_lock="\x1b]0;x\x07\n")
        result = run("tally-status", path)
        self.assertEqual(result.code, 0)
        self.assertIn("mend, then resume (\\x1B[2J\\x07\\x0Drm -rf)", result.out)
        self.assertFalse(set(result.out) & {"\x1b", "\x07", "\r"})
        self.assertEqual(looked_at(path)[0]["reason"], "\x1b[2J\x07\rrm -rf")

    def test_shows_nothing_that_steers_a_terminal_in_json_either(self):
        path = self.make_run("run", status="FAILED\nstep 1\nreason a\x7fb\x9bc\u202ed\n")
        result = run("tally-status", "--json", path)
        self.assertTrue(result.out.isascii(), ascii(result.out))
        self.assertEqual(json.loads(result.out)["reason"], "a\x7fb\x9bc\u202ed")

    def test_shows_a_time_that_no_calendar_has_as_none(self):
        path = self.make_run("run")
        try:
            os.utime(path / "run.status", (2**62, 2**62))
        except OSError as error:
            self.skipTest(f"this file system has no such times: {error}")
        self.assertEqual(run("tally-status", path).code, 0)

    def test_of_every_beginning_of_every_file(self):
        """As a reader may see them who comes in the middle of a copy."""
        whole = {"run.status": DONE, "metrics.csv": METRICS + "1,32,4096,0.1,0.5,0.8,,,0.3,0.9\n",
                 "config.toml": "epochs = 3\nseed = 1\n", "run.lock": "host n1, process 3\n0123\n"}
        for name, text in whole.items():
            paths = []
            for length in range(0, len(text), 3):
                paths.append(self.make_run(f"{name}-{length}"))
                (paths[-1] / name).write_text(text[:length])
            result = run("tally-status", *paths)
            self.assertIn(result.code, (0, 1))
            self.assertEqual(result.out.count("\n"), len(paths) + 1)

    def test_of_the_command_line_is_told_as_it_is(self):
        result = run("tally-status", "--every", 0, "--", "run")
        self.assertEqual(result.code, 2)
        self.assertIn("--every", result.err)

    def test_what_is_no_run_is_refused(self):
        (self.directory / "empty").mkdir()
        (self.directory / "file").write_text("a,b\n")
        good = self.make_run("good")
        for path, state, expected in (
                ("missing", "NEW", "there is no such run"), ("empty", "NEW", "expected a run directory, or a folder"),
                ("file", "UNKNOWN", 'with a column "run"')):
            result = run("tally-status", self.directory / path, good)
            self.assertEqual((result.code, result.out.count("\n")), (1, 3), result.out)
            self.assertRegex(result.out.splitlines()[1], rf"^{self.directory}/{path} +{state} ")
            self.assertIn(expected, result.err)

    def test_a_run_that_is_not_there_yet_is_waited_for(self):
        path = self.directory / "later"
        watcher = subprocess.Popen(command("tally-status", "--watch", "--every", 1, "--json", path),
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(watcher.kill)
        first = json.loads(watcher.stdout.readline())
        self.make_run("later")
        lines = watcher.communicate(timeout=patience(100))[0].splitlines()
        self.assertEqual((watcher.returncode, first["state"], json.loads(lines[-1])["state"]), (0, "NEW", "DONE"))

    def test_the_folder_of_a_scaling_is_no_run(self):
        for name in ("strong-1-1-1x1-256", "weak-1-1-1x1-256"):
            self.make_run(f"scaling/{name}")
        (self.directory / "scaling" / "job.restarts").write_text("12 0 0\n")
        self.assertEqual([line["state"] for line in looked_at(self.directory / "scaling")], ["DONE"] * 2)
        (self.directory / "begun").mkdir()
        (self.directory / "begun" / "job.restarts").write_text("12 0 0\n")
        self.assertEqual([(line["state"], line["owner"]) for line in looked_at(self.directory / "begun")], [("NEW", "job 12")])


class OfLocks(StatusTest):
    RUNNING = "RESUME\nstep 32\nreason running\n"

    def test_that_another_host_does_not_show_are_told_by_fresh_files(self):
        path = self.make_run("run", status=self.RUNNING, run_lock="host elsewhere, process 7, job 12\ntoken\n")
        [told] = looked_at(path)
        self.assertEqual((told["state"], told["owner"]), ("RUNNING", "host elsewhere, process 7, job 12"))
        for file in path.iterdir():
            os.utime(file, (1_000_000_000, 1_000_000_000))
        [told] = looked_at(path)
        self.assertEqual((told["state"], told["since"]), ("KILLED", "2001-09-09T01:46:40Z"))

    def test_that_were_given_up_name_the_job(self):
        path = self.make_run("run", status="RESUME\nstep 32\nreason SIGTERM\n", run_lock="", job_restarts="12_3 32 0\n")
        [told] = looked_at(path)
        self.assertEqual((told["state"], told["owner"], told["reason"]), ("STOPPED", "job 12_3", "SIGTERM"))


if __name__ == "__main__":
    main()
