"""The examples, as a user would run them."""
import csv
import re
import subprocess

from harness import BIN, SOURCE, EngineTest, main

EXAMPLES = SOURCE / "examples"


class Minimal(EngineTest):
    def test_shows_the_log_and_brings_the_result(self):
        (self.folder / "train").symlink_to(EXAMPLES / "minimal/train")
        output = self.run_program("minimal").stdout
        for step, x in enumerate(["1.5000", "2.2500", "2.6250", "2.8125", "2.9062"]):
            self.assertIn(f"step {step}: x = {x}\n", output)
        self.assertTrue(output.endswith("Completed\n"), output)
        self.assertEqual((self.folder / "result.txt").read_text(), "2.9062\n")


class Reattach(EngineTest):
    def test_another_process_follows_from_the_beginning(self):
        submitted = self.run_program("reattach", "submit", EXAMPLES / "reattach/train", "run.id").stdout
        run_id = (self.folder / "run.id").read_text().strip()
        self.assertEqual(submitted, f"submitted {run_id}\n")
        self.assertRegex(run_id, r"^reattach_\d+_[0-9a-f]{8}$")
        followed = self.run_program("reattach", "follow", "run.id").stdout
        lines = "".join(f"step {step} of {run_id}\n" for step in (1, 2, 3))
        self.assertEqual(followed, f"{lines}{run_id} ended: Completed\n")

    def test_no_id_is_a_usage_error(self):
        self.run_program("reattach", "follow", "absent", code=2)


class TrainingDesk(EngineTest):
    def test_follows_every_run_to_its_end(self):
        output = self.run_program("training_desk", EXAMPLES / "training_desk/train", "5").stdout
        self.assertEqual(sorted(output.splitlines()), [f"seed {seed}: 3 lines, Completed" for seed in range(1, 6)])

    def test_without_a_number_of_runs_is_a_usage_error(self):
        self.run_program("training_desk", EXAMPLES / "training_desk/train", code=2)


class SklearnDiabetes(EngineTest):
    def test_trains_and_brings_a_model_that_loads(self):
        source, model = EXAMPLES / "sklearn_diabetes/my-sklearn-proj", self.folder / "models" / "ridge.joblib"
        finished = subprocess.run([BIN / "sklearn_diabetes", source, model, "0.25"], cwd=self.folder, env=self.environment, text=True,
                                  capture_output=True, timeout=600)
        if finished.returncode == 3 and re.search("environment|install|pip|uv", finished.stderr):
            self.skip_or_fail(f"scikit-learn could not be installed: {finished.stderr}")
        self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        self.assertIn("353 patients to learn from, 89 to test with\n", finished.stdout)
        self.assertRegex(finished.stdout, r"regularization 0\.25: mean squared error \d+\.\d, r2 0\.\d+\n")
        self.assertIn("  logs/scores.csv\n", finished.stdout)
        self.assertIn("  outputs/model.joblib\n", finished.stdout)
        self.assertTrue(finished.stdout.endswith(f"The model is in {model}\nCompleted\n"), finished.stdout)
        self.assertGreater(model.stat().st_size, 100)

        run_id = re.search(r"^Run (\S+):", finished.stdout, re.M).group(1)
        self.azureml("download", run_id, "logs/scores.csv")
        with open(self.folder / "scores.csv", newline="") as file:
            (row,) = csv.DictReader(file)
        self.assertEqual(row["regularization"], "0.25")
        self.assertEqual(self.show(run_id)["tags"]["data"], "diabetes")


if __name__ == "__main__":
    main()
