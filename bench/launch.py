#!/usr/bin/env python3
"""How long from submitting a script to its first line and to its end, beside running the same script with bash.

usage: bench/launch.py [--build build/release] [--count 30]

All of it is measured in one run, floor and subject in turns, so that a busy machine hurts both. Figures are medians (and the 90th
percentile) in milliseconds; "over" is the difference to the floor.
  bash        bash -c "python3 train.py": the floor
  cold        a new `azureml submit` process each time, the engine running
  warm        a program that is running and attached already
  --help      azureml --help, beside /bin/true
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

SCRIPT = "print('first', flush=True)\n"


def timed(words, environment, folder):
    """Milliseconds to the first byte of output (or nothing) and to the end of the process."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = time.perf_counter() if process.stdout.read(1) else None
    _, errors = process.communicate()
    end = time.perf_counter()
    if process.returncode != 0:
        raise SystemExit(f"{words} ended with {process.returncode}: {errors.decode(errors='replace')}")
    return (first and 1000 * (first - begin)), 1000 * (end - begin)


def row(name, samples, floor=None):
    middle = statistics.median(samples)
    high = sorted(samples)[int(0.9 * (len(samples) - 1))]
    over = "" if floor is None else f"{middle - floor:9.2f}{middle / floor:8.2f}x"
    print(f"{name:<28}{middle:9.2f}{high:9.2f}{over}", flush=True)
    return middle


def resident_kib(words, environment):
    """Peak resident memory; nothing without GNU time. (wait4 would count this interpreter, whose memory the child begins with.)"""
    if not pathlib.Path("/usr/bin/time").exists():
        return None
    finished = subprocess.run(["/usr/bin/time", "-f", "%M", *words], env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return int(finished.stderr.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build/release", help="the build to measure")
    parser.add_argument("--count", type=int, default=30, help="samples of each (default: 30)")
    options = parser.parse_args()
    program, launch = options.build.resolve() / "bin/azureml", options.build.resolve() / "bin/bench_launch"
    for needed in (program, launch):
        if not needed.exists():
            raise SystemExit(f"{needed} is not there; build it first: cmake --build {options.build} --target azureml_cli bench_launch")

    folder = pathlib.Path(tempfile.mkdtemp(prefix="azureml-bench-"))
    environment = {**os.environ, "AZUREML_ENGINE_HOME": str(folder / "engine"), "AZUREML_ENGINE_PROGRAM": str(program)}
    try:
        (folder / "train").mkdir()
        (folder / "train/train.py").write_text(SCRIPT)
        bash = ["bash", "-c", "/usr/bin/python3 train/train.py"]
        cold = [program, "submit", "train", "--entry-script", "train.py", "--experiment", "bench"]
        for _ in range(3):  # starts the engine, fills the caches
            timed(bash, environment, folder)
            timed(cold, environment, folder)

        samples = {name: ([], []) for name in ("bash", "cold", "warm", "true", "help")}
        for _ in range(options.count):
            for name, words in (("bash", bash), ("cold", cold), ("true", ["/bin/true"]), ("help", [program, "--help"])):
                first, end = timed(words, environment, folder)
                samples[name][0].append(first)
                samples[name][1].append(end)
        begin = [line.split() for line in subprocess.run([launch, "train", str(options.count + 3)], cwd=folder, env=environment, text=True,
                                                         check=True, capture_output=True).stdout.splitlines()][3:]
        samples["warm"] = ([float(line[0]) for line in begin], [float(line[1]) for line in begin])

        print(f"{'milliseconds':<28}{'median':>9}{'p90':>9}{'over':>9}{'ratio':>9}")
        first_floor, end_floor = row("bash: first line", samples["bash"][0]), row("bash: end", samples["bash"][1])
        for name in ("cold", "warm"):
            row(f"{name}: submit to first line", samples[name][0], first_floor)
            row(f"{name}: submit to end", samples[name][1], end_floor)
        row("azureml --help", samples["help"][1], row("/bin/true", samples["true"][1]))
        if resident := resident_kib([program, "--help"], environment):
            print(f"azureml --help: {resident / 1024:.1f} MiB resident")
    finally:
        subprocess.run([program, "engine", "stop"], env=environment, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
