"""Installs the build and uses it as a stranger would.
usage: package_test.py SOURCE BUILD CMAKE CXX flags=CXX-FLAGS"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

source, build, cmake, compiler, flags = sys.argv[1:6]
flags = flags.removeprefix("flags=")


def run(*words, **options):
    finished = subprocess.run([str(word) for word in words], text=True, capture_output=True, **options)
    if finished.returncode != 0:
        sys.exit(f"{words} ended with {finished.returncode}\n{finished.stdout}\n{finished.stderr}")
    return finished.stdout


with tempfile.TemporaryDirectory(prefix="azureml-install-") as directory:
    root = pathlib.Path(directory)
    prefix = root / "prefix with a space"
    run(cmake, "--install", build, "--prefix", prefix)

    # What is installed knows nothing of where it was built.
    for file in prefix.rglob("*.cmake"):
        for path in (source, build):
            if path in file.read_text():
                sys.exit(f"{file} names {path}")

    train = root / "train"
    train.mkdir()
    (train / "train.py").write_text("print(1)\n")
    run(cmake, "-S", f"{source}/tests/install/consumer", "-B", root / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_CXX_FLAGS={flags}")
    run(cmake, "--build", root / "build")
    good = run(root / "build/consumer", train).splitlines()
    bad = run(root / "build/consumer", root / "absent").splitlines()

    assert good[0] == "azureml 0.1.0", good
    assert '"entry_script":"train.py"' in "".join(good).replace(" ", ""), good
    assert not any(line.startswith(("source_directory:", "entry_script:")) for line in good), good
    assert any(line.startswith("source_directory:") for line in bad), bad
    assert good[-1].startswith("error: "), good

    program = prefix / "bin/azureml"
    if program.exists():
        assert run(program, "--version") == "0.1.0\n"
        manual = (prefix / "share/man/man1/azureml.1").read_text()
        commands = re.findall(r"^  ([a-z][a-z-]*) +\S", run(program, "--help"), re.MULTILINE)
        assert "submit" in commands and not [name for name in commands if f'.SS "azureml {name}"' not in manual], commands
        assert "submit" in run(program, "--help", env={**os.environ, "PATH": "/nonexistent"})
