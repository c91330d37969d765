"""The care of an engine's store: a home of an older version, deleting runs, checking and cleaning, too little room."""
import json
import os
import pathlib
import shutil
import sqlite3

from harness import SOURCE, EngineTest, main

OLD_HOME = SOURCE / "tests/data/home-v1"
RUN = "diabetes_1774584152_0a1b2c3d"


class Upgrade(EngineTest):
    """Everything of a home that the first version of the program has left is there for this one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shutil.copytree(OLD_HOME, cls.home, ignore=shutil.ignore_patterns("store.sql"))
        for folder, _, files in os.walk(cls.home):
            os.chmod(folder, 0o700)
            for name in files:
                os.chmod(pathlib.Path(folder) / name, 0o600)
        store = sqlite3.connect(cls.home / "store.db")
        store.execute("PRAGMA journal_mode = WAL")
        store.executescript((OLD_HOME / "store.sql").read_text())
        store.commit()
        store.close()
        os.chmod(cls.home / "store.db", 0o600)

    def test_old_home_is_served(self):
        runs = json.loads(self.azureml("runs", "--json").stdout)
        self.assertEqual([run["run_id"] for run in runs], [RUN, "diabetes_1774584000_00c0ffee"])
        tagged = json.loads(self.azureml("runs", "--json", "--tag", "purpose=upgrade").stdout)
        self.assertEqual([run["run_id"] for run in tagged], [RUN])
        record = self.show(RUN)
        self.assertEqual((record["status"], record["experiment_name"]), ("Completed", "diabetes"))
        self.assertEqual(self.show("diabetes_1774584000_00c0ffee")["status"], "Failed")
        self.assertEqual(self.azureml("logs", "-f", RUN).stdout, "trained\n")
        self.azureml("download", RUN, "outputs/model.txt", "logs/epochs.log", "-o", "down")
        self.assertEqual((self.folder / "down/outputs/model.txt").read_text(), "weights of the first run\n")
        self.assertEqual((self.folder / "down/logs/epochs.log").read_text(), "epoch 1\n")
        self.assertEqual(self.azureml("engine", "check").stdout, "no damage found\n")

        self.write("train/train.sh", "echo new\n")
        self.assertEqual(self.azureml("submit", "train", "--entry-script", "train.sh", "--experiment", "diabetes").stdout, "new\n")
        self.assertEqual(len(json.loads(self.azureml("runs", "--json", "--experiment", "diabetes").stdout)), 3)
        self.azureml("engine", "stop")
        self.assertEqual(self.azureml("engine", "check").stdout, "no damage found\n")


class Deleting(EngineTest):
    def submit(self):
        return self.azureml("submit", "train", "--entry-script", "train.sh", "--json").stdout

    def test_deleted_run_is_gone_and_gc_takes_its_snapshot_when_no_other_has_it(self):
        self.write("train/train.sh", "echo kept > outputs/result.txt\n")
        first, second = (json.loads(self.submit())["run_id"] for _ in range(2))
        listed = self.azureml("delete", "--dry-run", first).stdout
        self.assertIn(first, listed)
        self.assertIn("Completed", listed)
        self.azureml("delete", first, code=2, stdin=-3)  # nobody can be asked
        self.assertEqual(self.show(first)["status"], "Completed")
        self.assertEqual(self.azureml("delete", "--yes", first).stdout, f"{first}\n")
        self.azureml("show", first, code=1)
        self.assertFalse((self.home / "runs" / first).exists())

        # The second run has the same snapshot, so it stays.
        kinds = [one["kind"] for one in json.loads(self.azureml("engine", "gc", "--older-than", "0", "--json").stdout)["removed"]]
        self.assertNotIn("snapshot-unused", kinds)
        self.azureml("download", second, "outputs/result.txt", "-o", "result.txt")
        self.assertEqual((self.folder / "result.txt").read_text(), "kept\n")
        self.azureml("delete", "--yes", second)
        would = json.loads(self.azureml("engine", "gc", "--older-than", "0", "--dry-run", "--json").stdout)["removed"]
        self.assertEqual([one["kind"] for one in would], ["snapshot-unused", "environment-unused"])
        self.assertTrue(pathlib.Path(would[0]["path"]).exists())
        self.assertEqual(json.loads(self.azureml("engine", "gc", "--older-than", "0", "--json").stdout)["removed"], would)
        self.assertFalse(any(pathlib.Path(one["path"]).exists() for one in would))
        self.assertEqual(self.azureml("engine", "check").stdout, "no damage found\n")

        # What was removed is uploaded again for the next run.
        self.assertEqual(json.loads(self.submit())["status"], "Completed")

    def test_one_run_that_cannot_go_keeps_all(self):
        self.write("train/train.sh", "while [ ! -e \"$1\" ]; do sleep 0.05; done\n")
        go = self.folder / "go"
        running = self.azureml("submit", "train", "--entry-script", "train.sh", "--no-follow", "--", go).stdout.strip()
        self.write("quick/train.sh", "echo done\n")
        ended = json.loads(self.azureml("submit", "quick", "--entry-script", "train.sh", "--json").stdout)["run_id"]
        refused = self.azureml("delete", "--yes", ended, running, code=2)
        self.assertIn(f"azureml cancel {running}", refused.stderr)
        self.assertEqual(self.show(ended)["status"], "Completed")
        go.touch()
        self.azureml("logs", "-f", running)


class Room(EngineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home.mkdir(mode=0o700)
        (cls.home / "config.json").write_text(json.dumps({"free_space_min_mib": 1 << 40}))

    def test_run_is_refused_when_the_disk_has_too_little_left(self):
        self.write("train/train.sh", "echo never\n")
        refused = self.azureml("submit", "train", "--entry-script", "train.sh", code=1)
        self.assertEqual(refused.stdout, "")
        self.assertIn("MiB left", refused.stderr)
        self.assertEqual(json.loads(self.azureml("runs", "--json").stdout), [])
        self.assertFalse((self.home / "runs").exists() and os.listdir(self.home / "runs"))


if __name__ == "__main__":
    main()
