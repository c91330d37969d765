"""What the end-to-end tests share: an engine's home of their own for each test class, the built programs, an end that leaves nothing."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(os.environ["AZUREML_TEST_BIN"])
SOURCE = pathlib.Path(os.environ["AZUREML_TEST_SOURCE"])
PROGRAM = BIN / "azureml"
SKIPPED = 77


class EngineTest(unittest.TestCase):
    """One home, and so one engine, for each class; every test has a folder of its own to work in."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="azureml-e2e-"))
        cls.home = cls.root / "engine"
        cls.environment = {**os.environ, "AZUREML_ENGINE_HOME": str(cls.home), "AZUREML_ENGINE_PROGRAM": str(PROGRAM)}
        cls.environment.pop("AZUREML_LOG_LEVEL", None)
        # What the client remembers stays here; what the tools of environments have downloaded is everybody's.
        caches = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
        for name, folder in (("UV_CACHE_DIR", "uv"), ("PIP_CACHE_DIR", "pip")):
            cls.environment.setdefault(name, str(caches / folder))
        cls.environment["XDG_CACHE_HOME"] = str(cls.root / "cache")

    @classmethod
    def tearDownClass(cls):
        subprocess.run([PROGRAM, "engine", "stop", "--home", cls.home], env=cls.environment, capture_output=True, timeout=60)
        cls.end_leftovers()
        shutil.rmtree(cls.root, ignore_errors=True)

    @classmethod
    def end_leftovers(cls):
        """Ends by id what still carries this class's home in its environment: a failed test must not leave a training behind."""
        mark = f"AZUREML_ENGINE_HOME={cls.home}".encode()
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                pass

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.root, prefix="test-"))

    def write(self, name, text, mode=0o644):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def run_program(self, *words, code=0, timeout=120, **options):
        """Runs a program of the build and checks its exit code. `words[0]`: its name in bin/."""
        finished = subprocess.run([BIN / words[0], *map(str, words[1:])], cwd=self.folder, env=self.environment, text=True,
                                  capture_output=True, timeout=timeout, **options)
        self.assertEqual(finished.returncode, code, f"{words}\n--- stdout\n{finished.stdout}\n--- stderr\n{finished.stderr}")
        return finished

    def azureml(self, *words, **options):
        return self.run_program("azureml", *words, **options)

    def without_warnings(self, text):
        """Standard error of the program without what the engine remarks about a run, a line each."""
        return "".join(line for line in text.splitlines(True) if not line.startswith("azureml: warning: "))

    def show(self, run_id):
        return json.loads(self.azureml("show", run_id, "--json").stdout)

    def start(self, *words, **options):
        return subprocess.Popen([BIN / words[0], *map(str, words[1:])], cwd=self.folder, env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def read_until(self, process, text, seconds=60, stream=None):
        """Reads the lines of a process's output (or of another stream of it) up to one that holds `text`."""
        watchdog = signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(seconds)
        try:
            lines = []
            for line in stream or process.stdout:
                lines.append(line)
                if text in line:
                    return lines
            self.fail(f"the output ended without {text!r}: {lines}")
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, watchdog)

    def skip_or_fail(self, reason):
        """A part of the real world is missing: a counted skip, in CI a failure."""
        if os.environ.get("CI"):
            self.fail(reason)
        self.skipTest(reason)


def main():
    """Runs the tests of the calling file; the whole file is a skip for CTest when every test was skipped."""
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.testsRun and len(result.skipped) == result.testsRun else 0)
