# SPDX-License-Identifier: MIT
"""tally-sweep: the runs that words and files of configurations mean, and the tables of what has become of them."""
import concurrent.futures
import pathlib
import statistics

from tally_testing import TallyTest, main, read_csv, run

METRICS = ("epoch,step,samples,learning_rate,train_loss,train_accuracy,validation_loss,validation_accuracy,"
           "test_loss,test_accuracy\n")


class SweepTest(TallyTest):
    def listed(self, *words):
        """Each run as [directory, option...]."""
        result = run("tally-sweep", "list", *words)
        self.assertEqual(result.code, 0, result.err)
        lines = [line.split(" ") for line in result.out.splitlines()]
        self.assertEqual([int(line[0]) for line in lines], list(range(1, len(lines) + 1)))
        self.assertEqual(run("tally-sweep", "count", *words).out, f"{len(lines)}\n")
        for number, line in enumerate(lines, 1):
            self.assertEqual(run("tally-sweep", "task", number, *words).out, "".join(f"{word}\n" for word in line[1:]))
        return [line[1:] for line in lines]

    def refused(self, *words):
        result = run("tally-sweep", "count", *words)
        self.assertEqual((result.code, result.out), (2, ""), words)
        return result.err

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path


class Words(SweepTest):
    def test_are_values_of_an_option(self):
        self.assertEqual(self.listed("seed=1,7"), [["seed-1", "--seed=1"], ["seed-7", "--seed=7"]])
        self.assertEqual(self.listed("learning-rate=0.1"), [["learning-rate-0.1", "--learning-rate=0.1"]])

    def test_make_every_combination(self):
        self.assertEqual([name for name, *_ in self.listed("learning-rate=0.1,0.2", "seed=1,2")],
                         ["learning-rate-0.1_seed-1", "learning-rate-0.1_seed-2", "learning-rate-0.2_seed-1",
                          "learning-rate-0.2_seed-2"])

    def test_hold_networks_whole(self):
        """A network has commas, so that semicolons part it from the next one."""
        [[name, option]] = self.listed("network=dense:50,tanh,dense:10")
        self.assertEqual(option, "--network=dense:50,tanh,dense:10")
        self.assertRegex(name, r"^network-dense-50-tanh-dense-10-[0-9a-f]{6}$")
        runs = self.listed("network=dense:50,tanh,dense:10;dense:10")
        self.assertEqual([option for _, option in runs],
                         ["--network=dense:50,tanh,dense:10", "--network=dense:10"])
        self.assertEqual(runs[0][0], name)
        self.assertEqual([option for _, option in self.listed("data=a,b;c")], ["--data=a,b", "--data=c"])

    def test_turn_flags_on_and_off(self):
        self.assertEqual(self.listed("nesterov=true,false"),
                         [["nesterov-true", "--nesterov=true"], ["nesterov-false", "--nesterov=false"]])
        self.assertEqual(self.listed("profile=true,false"), [["profile-true", "--profile"], ["profile-false"]])

    def test_make_names_that_stay_in_their_folder(self):
        for value in ("/etc/a.toml", "../../a.toml", "a b", "$(id)", "a\\b", "ä", "-x", "*", "~", "." * 300):
            with self.subTest(value):
                name, *words = run("tally-sweep", "task", 1, f"config={value}").out.splitlines()
                self.assertEqual(words, [f"--config={value}"])
                self.assertRegex(name, r"^config-[A-Za-z0-9._+-]+$")
                self.assertLess(len(name), 130)
        names = {run("tally-sweep", "task", 1, f"config={value}").out.splitlines()[0]
                 for value in ("a/b", "a:b", "a-b", "/a/b", "a//b")}
        self.assertEqual(len(names), 5)

    def test_that_are_no_sweep_are_refused(self):
        for words, expected in (
                (["seed"], '"seed": expected OPTION=VALUE,VALUE,..., or a file'),
                (["sede=1,2"], "sede: tally-train has no such option that could be varied"),
                (["run-dir=a,b"], "run-dir: tally-train has no such option that could be varied"),
                (["resume=true"], "resume: tally-train has no such option"),
                (["seed="], "seed: a value is empty"), (["seed=1,,2"], "seed: a value is empty"),
                (["seed=1,1"], "runs 1 and 2 would share the directory seed-1; "),
                (["seed=1,2", "seed=3,4"], "seed: is varied twice"),
                (["profile=yes"], 'profile: expected true or false, got "yes"'),
                (["data=a\nb"], "data: expected no control characters"),
                (["seed=" + ",".join(map(str, range(400))), "epochs=" + ",".join(map(str, range(400)))],
                 "expected at most 100 000 runs"),
                (["runs.yaml"], "expected OPTION=VALUE"), (["/nowhere/runs.toml"], "cannot open")):
            with self.subTest(words[0][:20]):
                self.assertIn(expected, self.refused(*words))
        result = run("tally-sweep", "task", 3, "seed=1,2")
        self.assertEqual((result.code, result.err), (2, "tally-sweep: task 3: expected a number from 1 to 2\n"))


class Files(SweepTest):
    def test_of_toml_have_a_table_per_run(self):
        path = self.write("runs.toml", """
            momentum = 0.5
            [[run]]
            learning-rate = 0.1
            nesterov = true
            [[run]]
            learning-rate = 1e-2
            network = "dense:50,tanh,dense:10"
            [[run]]
            name = "mine"
            momentum = 0
            """)
        runs = self.listed(path)
        self.assertEqual(runs[0], ["momentum-0.5_learning-rate-0.1_nesterov-true", "--momentum=0.5",
                                   "--learning-rate=0.1", "--nesterov=true"])
        self.assertEqual(runs[1][1:], ["--momentum=0.5", "--learning-rate=0.01", "--network=dense:50,tanh,dense:10"])
        self.assertEqual(runs[2], ["mine", "--momentum=0"])

    def test_of_csv_have_a_line_per_run(self):
        path = self.write("runs.csv", '\ufeffname, learning-rate, network\r\n# a remark\r\n'
                                      'a, 0.1, "dense:50,tanh,dense:10"\r\n\r\nb, 0.2,\r\n')
        self.assertEqual(self.listed(path), [["a", "--learning-rate=0.1", "--network=dense:50,tanh,dense:10"],
                                             ["b", "--learning-rate=0.2"]])

    def test_are_combined_with_words(self):
        path = self.write("runs.csv", "learning-rate,epochs\n0.1,3\n0.2,3\n")
        self.assertEqual([name for name, *_ in self.listed(path, "seed=1,2")],
                         ["learning-rate-0.1_seed-1", "learning-rate-0.1_seed-2", "learning-rate-0.2_seed-1",
                          "learning-rate-0.2_seed-2"])

    def test_that_name_their_runs_are_combined_with_words(self):
        path = self.write("runs.csv", "name,learning-rate,epochs\na,0.1,3\nb,0.2,3\n")
        self.assertEqual([name for name, *_ in self.listed(path, "seed=1,2")], ["a_seed-1", "a_seed-2", "b_seed-1", "b_seed-2"])
        self.assertEqual([name for name, *_ in self.listed("momentum=0,0.5", path, "seed=7")],
                         ["a_momentum-0", "b_momentum-0", "a_momentum-0.5", "b_momentum-0.5"])
        self.assertEqual([name for name, *_ in self.listed(path, "seed=7")], ["a", "b"])

    def test_that_are_no_list_of_runs_are_refused(self):
        for name, text, expected in (
                ("a.toml", "seed = 1\n", "expected a table [[run]] for each run"),
                ("b.toml", "[[run]]\nseed = [1, 2]\n", "run 1: seed (line 2): expected a text, a number"),
                ("c.toml", "[[run]]\nname = '../x'\n", 'name: expected letters, digits and ._+- only, got "../x"'),
                ("t.toml", "[[run]]\nname = 'sweep.csv'\n", "name: sweep.csv is a table of the sweep"),
                ("d.toml", "[[run]]\nname = '.'\n", "name: expected letters"),
                ("e.toml", "[[run]]\nname = 'a'\n[[run]]\nname = 'a'\n", "runs 1 and 2 would share the directory a; "),
                ("f.csv", "seed\n", "expected a line with the names of options, and a line of values"),
                ("g.csv", "seed,network\n1,dense:50,tanh\n", "run 1: expected 2 values as in the first line, got 3"),
                ("h.csv", "sede\n1\n", "run 1: sede: tally-train has no such option"),
                ("i.csv", 'seed\n"1\n', "line 2: a quotation mark opens here"),
                ("j.csv", "x" * (2 << 20), "at most 1 048 576 are read")):
            with self.subTest(name):
                self.assertIn(expected, self.refused(self.write(name, text)))


class Tables(SweepTest):
    WORDS = ("learning-rate=0.1,abc", "seed=1,2,3")

    def make_run(self, name, status, validation="", test=""):
        path = self.directory / name
        path.mkdir(exist_ok=True)
        (path / "run.status").write_text(status)
        (path / "metrics.csv").write_text(METRICS + f"2,64,1,0.1,0.5,0.8,0.4,{validation},0.3,{test}\n")

    def table(self, *words):
        result = run("tally-sweep", "table", self.directory, *words)
        self.assertEqual(result.code, 0, result.err)
        return result.out

    def test_name_the_best_configuration_by_what_it_was_given(self):
        (self.directory / "runs.csv").write_text("weight-decay,momentum\n1e-3,\n,0.5\n")
        for name, validation in (("weight-decay-1e-3_seed-1", 0.8), ("seed-1_momentum-0.5", 0.9)):
            self.make_run(name, "DONE\nstep 64\nreason finished\n", validation, 0.9)
        self.assertIn("best by validation over 1 seed: momentum 0.5, 90.00 %\n",
                      self.table(self.directory / "runs.csv", "seed=1"))

    def test_have_state_figures_and_rank_of_every_run(self):
        done = "DONE\nstep 64\nreason finished\n"
        validation, test = [0.91, 0.93, 0.92], [0.95, 0.90, 0.94]
        for seed, of_validation, of_test in zip((1, 2, 3), validation, test):
            self.make_run(f"learning-rate-0.1_seed-{seed}", done, of_validation, of_test)
        (self.directory / "learning-rate-abc_seed-1").mkdir()
        (self.directory / "learning-rate-abc_seed-1" / "job.refused").write_text("exit code 2, or so\n")
        self.make_run("learning-rate-abc_seed-2", "FAILED\nstep 7\nreason the loss, here \"nan\"\n", 0.99, 0.99)
        said = self.table(*self.WORDS)
        self.assertEqual(said, "6 tasks: 3 DONE, 1 FAILED, 1 REFUSED, 1 NEW; best by validation: "
                               "learning-rate-0.1_seed-2, 93.00 %\n"
                               "best by validation over 3 seeds: learning-rate 0.1, 92.00 % +- 1.00\n")
        rows = read_csv(self.directory / "sweep.csv")
        self.assertEqual([(row["task"], row["run"], row["learning-rate"], row["seed"], row["state"]) for row in rows],
                         [(str(number), f"learning-rate-{rate}_seed-{seed}", rate, str(seed), state)
                          for number, (rate, seed, state) in enumerate(
                              [("0.1", 1, "DONE"), ("0.1", 2, "DONE"), ("0.1", 3, "DONE"), ("abc", 1, "REFUSED"),
                               ("abc", 2, "FAILED"), ("abc", 3, "NEW")], 1)])
        self.assertEqual([row["rank"] for row in rows], ["3", "1", "2", "", "", ""])
        self.assertEqual([row["validation_accuracy"] for row in rows], ["0.91", "0.93", "0.92", "", "0.99", ""])
        self.assertEqual([row["reason"] for row in rows[3:]], ["exit code 2, or so", 'the loss, here "nan"', ""])
        self.assertEqual((rows[0]["step"], rows[0]["epoch"]), ("64", "2"))
        seeds = read_csv(self.directory / "seeds.csv")
        self.assertEqual([(row["learning-rate"], row["runs"], row["done"], row["rank"]) for row in seeds],
                         [("0.1", "3", "3", "1"), ("abc", "3", "0", "")])
        for column, values in (("validation", validation), ("test", test)):
            self.assertAlmostEqual(float(seeds[0][f"{column}_accuracy_mean"]), statistics.mean(values))
            self.assertAlmostEqual(float(seeds[0][f"{column}_accuracy_deviation"]), statistics.stdev(values))
            self.assertEqual((seeds[1][f"{column}_accuracy_mean"], seeds[1][f"{column}_accuracy_deviation"]), ("", ""))

    def test_without_validation_name_no_best(self):
        self.make_run("seed-1", "DONE\nstep 64\nreason finished\n", test=0.9)
        self.assertIn("2 tasks: 1 DONE, 1 NEW; no run is ranked: hold images out with --validation",
                      self.table("seed=1,2"))
        self.assertEqual([row["rank"] for row in read_csv(self.directory / "sweep.csv")], ["", ""])

    def test_have_no_means_where_the_seed_is_not_varied(self):
        self.table("learning-rate=0.1,0.2")
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["sweep.csv"])

    def test_written_at_the_same_time_know_how_all_have_ended(self):
        """Each writer looks again when it has written: nobody leaves an older table behind."""
        words = ("seed=" + ",".join(map(str, range(400))),)  # many, so that each takes a while to look at

        def end(seed):
            self.make_run(f"seed-{seed}", "DONE\nstep 64\nreason finished\n", 0.9, 0.9)
            return self.table(*words)

        for _ in range(15):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(end, range(8)))
            states = [row["state"] for row in read_csv(self.directory / "sweep.csv")]
            self.assertEqual(states, ["DONE"] * 8 + ["NEW"] * 392)
            for seed in range(8):
                (self.directory / f"seed-{seed}" / "run.status").unlink()
        self.assertEqual([path.name for path in pathlib.Path(self.directory).glob(".*")], [])

    def test_go_where_there_is_room(self):
        result = run("tally-sweep", "table", self.directory / "nowhere", "seed=1,2")
        self.assertEqual(result.code, 1)
        self.assertIn("nowhere/sweep.csv: cannot create: No such file or directory", result.err)


if __name__ == "__main__":
    main()
