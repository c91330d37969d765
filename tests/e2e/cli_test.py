"""The azureml program on an engine of its own."""
import json
import re
import signal
import subprocess

from harness import PROGRAM, EngineTest, main


class Submit(EngineTest):
    def test_output_is_the_scripts_and_nothing_else(self):
        self.write("train/train.py", "import sys\nprint(sys.argv[1:])\nsys.stdout.write('no newline at the end')\n")
        finished = self.azureml("submit", "train", "--entry-script", "train.py", "--script-param=--lr=0.8", "--script-param", "--verbose",
                                "--experiment", "args", "--", "a b", "--rest", "$HOME")
        self.assertEqual(finished.stdout, "['--lr', '0.8', '--verbose', 'a b', '--rest', '$HOME']\nno newline at the end")
        self.assertEqual(self.without_warnings(finished.stderr), "")

    def test_failed_run_is_three_and_says_why(self):
        self.write("train/train.sh", "echo before\nexit 7\n")
        finished = self.azureml("submit", "train", "--entry-script", "train.sh", code=3)
        self.assertIn("before\n", finished.stdout)
        self.assertRegex(self.without_warnings(finished.stderr), r"^azureml: run 'train_\d+_[0-9a-f]{8}' failed.*7")

    def test_faults_are_two_and_nothing_is_submitted(self):
        self.write("train/train.sh", "exit 0\n")
        before = json.loads(self.azureml("runs", "--json").stdout)
        finished = self.azureml("submit", "train", "--entry-script", "absent.sh", "--node-count", "0", code=2)
        self.assertIn("entry_script", finished.stderr)
        self.assertIn("node_count", finished.stderr)
        self.assertEqual(json.loads(self.azureml("runs", "--json").stdout), before)

    def test_environment_variables_tags_and_names_arrive(self):
        self.write("train/train.sh", 'echo "$GREETING to $AZUREML_RUN_ID"\n')
        run_id = self.azureml("submit", "train", "--entry-script", "train.sh", "--env", "GREETING=hello = you", "--tag", "purpose=test",
                              "--tag", "bare", "--display-name", "A name", "--experiment", "names", "--no-follow").stdout.strip()
        self.assertRegex(run_id, r"^names_\d+_[0-9a-f]{8}$")
        self.assertEqual(self.azureml("logs", "-f", run_id).stdout, f"hello = you to {run_id}\n")
        self.assertEqual(self.azureml("logs", run_id).stdout, f"hello = you to {run_id}\n")
        record = self.show(run_id)
        self.assertEqual(record["status"], "Completed")
        self.assertEqual(record["experiment_name"], "names")
        self.assertEqual(record["tags"]["purpose"], "test")
        self.assertIn("bare", record["tags"])

    def test_tags_names_and_lists(self):
        self.write("train/train.sh", "exit 0\n")
        run_id = self.azureml("submit", "train", "--entry-script", "train.sh", "--display-name", "A name", "--experiment", "labels",
                              "--tag", "kept=1", "--no-follow").stdout.strip()
        self.azureml("logs", "-f", run_id)
        self.assertEqual(self.azureml("tag", run_id, "a=b=c", "bare", "gone=1").stdout, "a=b=c\nbare\ngone=1\nkept=1\n")
        tags = json.loads(self.azureml("tag", run_id, "a=2", "--remove", "gone", "--remove", "absent", "--json").stdout)
        self.assertEqual(tags, {"a": "2", "bare": "", "kept": "1"})
        self.assertEqual(self.azureml("tag", run_id).stdout, "a=2\nbare\nkept=1\n")
        self.assertIn("twice", self.azureml("tag", run_id, "a=1", "a=2", code=2).stderr)
        record = self.show(run_id)
        self.assertEqual((record["display_name"], record["tags"]["a"], record["is_archived"]), ("A name", "2", False))
        shown = self.azureml("show", run_id).stdout
        self.assertRegex(shown, r"(?m)^name +A name$")
        self.assertRegex(shown, r"(?m)^tag +a=2$")
        self.assertRegex(shown, r"(?m)^property +_azureml.ClusterName=local$")
        listed = lambda *options: [run["run_id"] for run in json.loads(self.azureml("runs", "--json", *options).stdout)]
        self.assertEqual(listed("--tag", "a=2", "--status", "Completed"), [run_id])
        self.assertEqual(listed("--experiment", "labels", "--tag", "bare", "--limit", "5"), [run_id])
        self.assertEqual(listed("--experiment", "labels", "--status", "Failed"), [])
        self.assertEqual(listed("--experiment", "labels", "--property", "_azureml.ClusterName"), [run_id])
        self.assertEqual(listed("--experiment", "labels", "--archived"), [])
        self.assertIn("--experiment", self.azureml("runs", "--children", code=2).stderr)

    def test_json_record_at_the_end(self):
        self.write("train/train.sh", "echo hidden\n")
        record = json.loads(self.azureml("submit", "train", "--entry-script", "train.sh", "--json").stdout)
        self.assertEqual(record["status"], "Completed")
        self.assertTrue(all("sig=" not in name for name in record["log_files"]))

    def test_estimator_from_json(self):
        self.write("train/train.sh", 'echo "$A $B"\n')
        self.write("estimator.json", json.dumps({"source_directory": "train", "entry_script": "train.sh", "environment_variables": {"A": "1", "B": "2"}}))
        finished = self.azureml("submit", "--from-json", "estimator.json", "--env", "B=3")
        self.assertEqual(finished.stdout, "1 3\n")

    def test_closed_pipe_is_quiet(self):
        self.write("train/train.sh", "for i in $(seq 20000); do echo line $i; done\n")
        finished = subprocess.run(["bash", "-c", f"'{PROGRAM}' submit train --entry-script train.sh | head -n 1"], cwd=self.folder,
                                  env=self.environment, text=True, capture_output=True, timeout=60)
        self.assertEqual((finished.stdout, finished.stderr), ("line 1\n", ""))


class Interrupting(EngineTest):
    def test_ctrl_c_stops_following_and_the_run_goes_on(self):
        self.write("train/train.sh", "echo started\nwhile [ ! -e \"$1\" ]; do sleep 0.05; done\necho ended\n")
        go = self.folder / "go"
        process = self.start("azureml", "submit", "train", "--entry-script", "train.sh", "--", go)
        self.read_until(process, "started")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertNotIn("ended", output)
        run_id = re.search(r"azureml logs -f (\S+)", errors).group(1)
        self.assertIn(f"azureml cancel {run_id}", errors)
        self.assertEqual(self.show(run_id)["status"], "Running")
        go.touch()
        self.assertEqual(self.azureml("logs", "-f", run_id).stdout, "started\nended\n")

    def test_ctrl_c_while_uploading_submits_nothing(self):
        self.write("train/train.sh", "echo started\n")
        with open(self.folder / "train/big.bin", "wb") as file:
            file.truncate(200 << 20)
        process = self.start("azureml", "submit", "train", "--entry-script", "train.sh", "--run-id", "never", "-v")
        self.read_until(process, "comp=block", stream=process.stderr)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, output), (130, ""), errors)
        self.assertIn("azureml: interrupted; nothing was submitted\n", errors)
        self.azureml("show", "never", code=1)

    def test_cancel_ends_the_script_and_the_followers_exit_is_four(self):
        self.write("train/train.sh", "echo started\nexec sleep 600\n")
        process = self.start("azureml", "submit", "train", "--entry-script", "train.sh", "--run-id", "to-cancel")
        self.read_until(process, "started")
        self.assertEqual(self.azureml("cancel", "to-cancel").stdout, "Canceled\n")
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 4)
        self.assertEqual(self.azureml("cancel", "to-cancel").stdout, "Canceled\n")


class Files(EngineTest):
    def test_download_one_several_and_all(self):
        self.write("train/train.sh", "mkdir -p outputs/deep logs\necho one >outputs/one.txt\necho two >outputs/deep/two.txt\necho three >logs/three.txt\n")
        run_id = self.azureml("submit", "train", "--entry-script", "train.sh", "--run-id", "files", "-q") and "files"
        names = self.azureml("download", run_id, "--list").stdout.splitlines()
        for name in ("outputs/one.txt", "outputs/deep/two.txt", "logs/three.txt", "user_logs/std_log.txt"):
            self.assertIn(name, names)
        self.azureml("download", run_id, "outputs/one.txt", "-o", "renamed.txt")
        self.assertEqual((self.folder / "renamed.txt").read_text(), "one\n")
        self.azureml("download", run_id, "outputs/one.txt", "outputs/deep/two.txt", "-o", "some")
        self.assertEqual((self.folder / "some/outputs/deep/two.txt").read_text(), "two\n")
        self.azureml("download", run_id, "--all")
        self.assertEqual((self.folder / "files/logs/three.txt").read_text(), "three\n")
        missing = self.azureml("download", run_id, "outputs/none.txt", code=1)
        self.assertIn("outputs/one.txt", missing.stderr)


    def test_prefix_and_json_and_files_that_are_there(self):
        self.write("train/train.sh", "mkdir -p outputs/deep outputs2\necho one >outputs/one.txt\necho two >outputs/deep/two.txt\n")
        self.azureml("submit", "train", "--entry-script", "train.sh", "--run-id", "folders", "-q")
        finished = self.azureml("download", "folders", "--prefix", "outputs", "-o", "down")
        self.assertEqual(finished.stdout, "down/outputs/deep/two.txt\ndown/outputs/one.txt\n")
        self.assertEqual(finished.stderr, "")
        self.write("down/outputs/one.txt", "mine\n")
        report = json.loads(self.azureml("download", "folders", "--prefix", "outputs/", "-o", "down", "--no-overwrite", "--json").stdout)
        self.assertEqual((report["files"], report["skipped"]), (0, 2))
        self.assertEqual((self.folder / "down/outputs/one.txt").read_text(), "mine\n")
        self.assertEqual(json.loads(self.azureml("download", "folders", "--list", "--json", "--prefix", "outputs/deep").stdout), ["outputs/deep/two.txt"])
        self.assertIn("outputs/one.txt", self.azureml("download", "folders", "--prefix", "output", code=1).stderr)
        self.assertIn("--output-name", self.azureml("download", "folders", code=2).stderr)
        self.azureml("download", "folders", "--all", "--prefix", "outputs", code=2)
        self.assertIn("it has default", self.azureml("download", "folders", "--output-name", "model", code=1).stderr)
        self.azureml("download", "folders", "--output-name", "default", "-o", "whole")
        self.assertEqual((self.folder / "whole/outputs/one.txt").read_text(), "one\n")

    def test_progress_is_shown_when_asked_for(self):
        self.write("train/train.sh", "echo one >outputs/one.txt\n")
        self.azureml("submit", "train", "--entry-script", "train.sh", "--run-id", "shown", "-q")
        plain = self.azureml("download", "shown", "outputs/one.txt", "--progress", "plain").stderr
        self.assertRegex(plain, r"^Downloading 100% 4 B of 4 B, 1 of 1 file[^\r\x1b]*\n$")
        self.assertIn("\x1b[K", self.azureml("download", "shown", "outputs/one.txt", "--progress", "bar").stderr)
        self.assertEqual(self.azureml("download", "shown", "outputs/one.txt", "--progress", "none").stderr, "")
        self.azureml("download", "shown", "outputs/one.txt", "--progress", "colourful", code=2)

    def test_uploads_are_the_runs_files(self):
        self.write("train/train.sh", "exit 0\n")
        self.azureml("submit", "train", "--entry-script", "train.sh", "--run-id", "added", "-q")
        self.write("report/a.txt", "a\n")
        self.write("report/deep/b.txt", "b\n")
        self.assertEqual(self.azureml("upload", "added", "outputs/report", "report").stdout, "2 files, 4 B\n")
        self.assertEqual(self.azureml("upload", "added", "outputs/report", "report").stdout, "0 files, 0 B; 2 were there already\n")
        self.assertEqual(json.loads(self.azureml("upload", "added", "outputs/one", "report/a.txt", "--json").stdout)["files"], 1)
        self.azureml("download", "added", "--prefix", "outputs", "-o", "down")
        self.assertEqual((self.folder / "down/outputs/report/deep/b.txt").read_text(), "b\n")
        self.assertEqual((self.folder / "down/outputs/one").read_text(), "a\n")
        self.write("report/a.txt", "other\n")
        self.assertIn("outputs/one", self.azureml("upload", "added", "outputs/one", "report/a.txt", code=1).stderr)
        self.assertIn("../up", self.azureml("upload", "added", "../up", "report/a.txt", code=2).stderr)

    def test_restored_snapshot_is_what_was_submitted(self):
        self.write("train/train.sh", "exit 0\n")
        self.write("train/data/ü & x.csv", "1,2\n")
        self.write("train/empty", "")
        self.azureml("submit", "train", "--entry-script", "train.sh", "--run-id", "restored", "-q")
        self.assertEqual(self.azureml("restore", "restored", "back").stdout, "3 files, 11 B\n")
        for name in ("train.sh", "data/ü & x.csv", "empty"):
            self.assertEqual((self.folder / "back" / name).read_bytes(), (self.folder / "train" / name).read_bytes())
        self.assertEqual(self.azureml("restore", "restored", "back").stdout, "0 files, 0 B; 3 were there already\n")
        self.write("back/train.sh", "exit 1\n")
        self.assertIn("train.sh", self.azureml("restore", "restored", "back", code=2).stderr)
        self.azureml("restore", "restored", "back", "--overwrite")
        self.assertEqual((self.folder / "back/train.sh").read_text(), "exit 0\n")

    def test_named_output_comes_from_its_datastore(self):
        self.write("train/train.sh", 'mkdir "$1/deep"\necho weights >"$1/model.bin"\necho more >"$1/deep/more.txt"\n')
        for run_id, option in (("chosen", "model"), ("placed", "model=azureml://datastores/workspaceblobstore/paths/my/place")):
            self.azureml("submit", "train", "--entry-script", "train.sh", "--run-id", run_id, "--output", option, "-q",
                         "--", "$AZUREML_DATAREFERENCE_model")
            self.assertEqual(self.azureml("download", run_id, "--output-name", "model", "-o", run_id).stdout, f"{run_id}/deep/more.txt\n{run_id}/model.bin\n")
            self.assertEqual((self.folder / run_id / "model.bin").read_text(), "weights\n")
        self.assertIn("it has model, default", self.azureml("download", "chosen", "--output-name", "modle", code=1).stderr)


class Engine(EngineTest):
    def test_serve_says_where_and_stops(self):
        process = self.start("azureml", "engine", "serve", "--home", self.home, "--idle-exit", "0")
        ready = json.loads(process.stdout.readline())
        self.assertRegex(ready["endpoint"], r"^http://127\.0\.0\.1:\d+$")
        self.assertEqual(ready["pid"], process.pid)
        status = json.loads(self.azureml("engine", "status", "--json").stdout)
        self.assertEqual((status["state"], status["pid"], status["endpoint"]), ("running", process.pid, ready["endpoint"]))
        self.assertEqual(self.azureml("engine", "token").stdout.count("."), 2)
        self.assertEqual(self.azureml("runs").stdout, "")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.azureml("engine", "status", code=1).stdout, "stopped\n")
        self.assertIn("no engine", self.azureml("engine", "token", code=1).stderr)

    def test_an_engine_started_by_itself_is_stopped_by_name(self):
        self.assertEqual(self.azureml("runs").stdout, "")
        self.assertRegex(self.azureml("engine", "status").stdout, r"^running, pid \d+, http://127\.0\.0\.1:\d+")
        self.assertEqual(self.azureml("engine", "stop").stdout, "stopped\n")
        self.assertEqual(self.azureml("engine", "stop").stdout, "no engine was running\n")

    def test_unknown_words_are_usage_errors(self):
        self.assertIn("submitt", self.azureml("submitt", code=2).stderr)
        self.assertIn("--no-such", self.azureml("submit", "--no-such", code=2).stderr)
        self.assertIn("dance", self.azureml("engine", "dance", code=2).stderr)
        self.azureml(code=2)

    def test_help_and_version(self):
        self.assertIn("submit", self.azureml("--help").stdout)
        self.assertRegex(self.azureml("--version").stdout, r"^\d+\.\d+\.\d+\n$")
        for command in ("submit", "runs", "show", "logs", "download", "upload", "restore", "cancel", "engine"):
            self.assertIn("usage" if command == "engine" else "Usage", self.azureml(command, "--help").stdout)


if __name__ == "__main__":
    main()
