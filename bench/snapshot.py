#!/usr/bin/env python3
"""How long it takes to know what a submit of a folder uploads, beside what can do no less.

usage: bench/snapshot.py [--build build/release] [--count 15] [--memory]

10,000 files that go up (40 MB, sizes as in a repository, in 400 folders) and 5,000 that .gitignore leaves
out, half of them with their folder, half by their names. All is measured in one
run, floors and subject in turns, so that a busy machine hurts both; figures are medians in milliseconds.
  walk        every folder read, every entry asked for what lstat says (in C++, no process)
  git status  of the same files, committed
  openssl     dgst -sha256 of the 10,000 files
  first       plan and both hashes, nothing remembered
  unchanged   the same again
--memory also makes 1,000,000 small files and says the peak of resident memory.
"""
import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import time


def make_files(root, count, folders, prefix, size, ending=".py"):
    for i in range(count):
        folder = root / f"{prefix}{i % folders:03}"
        if i < folders:
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"module_{i:06}{ending}").write_bytes(size(i))


def timed(words, **options):
    begin = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, **options)
    return 1000 * (time.perf_counter() - begin)


def make_tree(root):
    numbers = random.Random(1)
    blob = numbers.randbytes(1 << 20)
    def size(_):
        length = min(int(numbers.lognormvariate(7.5, 1.3)), 1 << 20)
        return blob[:length]
    make_files(root / "src", 10_000, 400, "package_", size)
    make_files(root / "src", 2_500, 400, "package_", size, ".pyc")
    make_files(root / "outputs", 2_500, 50, "epoch_", size)
    (root / ".gitignore").write_text("# what training leaves behind\n__pycache__/\n*.pyc\n*.log\n/outputs/\n.venv/\n")
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-C", root]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run(git + words, check=True, stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build/release", help="the build to measure")
    parser.add_argument("--count", type=int, default=15, help="rounds (default: 15)")
    parser.add_argument("--memory", action="store_true", help="also a million files")
    options = parser.parse_args()
    program = options.build.resolve() / "bin/bench_snapshot"
    if not program.exists():
        raise SystemExit(f"{program} is not there; build it first: cmake --build {options.build} --target bench_snapshot")

    folder = pathlib.Path(tempfile.mkdtemp(prefix="azureml-bench-"))
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_OPTIONAL_LOCKS": "1"}
    try:
        tree, cache = folder / "tree", folder / "cache"
        cache.mkdir(mode=0o700)
        make_tree(tree)
        names = "\n".join(str(path) for path in sorted((tree / "src").rglob("*.py"))).encode()
        time.sleep(3)  # younger files are not remembered
        subprocess.run(["git", "-C", tree, "status"], env=environment, check=True, stdout=subprocess.DEVNULL)
        samples = {name: [] for name in ("walk", "plan", "first", "unchanged", "git", "openssl")}
        for i in range(options.count + 1):
            line = subprocess.run([program, tree, cache, "1"], check=True, text=True, capture_output=True).stdout.split()
            line += [timed(["git", "-C", tree, "status", "--porcelain"], env=environment),
                     timed(["xargs", "-d", "\\n", "openssl", "dgst", "-sha256"], input=names)]
            if i > 0:  # the first round fills the page cache
                for name, value in zip(samples, line):
                    samples[name].append(float(value))
        middle = {name: statistics.median(values) for name, values in samples.items()}
        for name, value in middle.items():
            print(f"{name:<12}{value:9.1f} ms   (best {min(samples[name]):.1f})")
        floor = middle["walk"] + middle["openssl"]
        print(f"unchanged / walk           {middle['unchanged'] / middle['walk']:.2f}   (budget 1.4)")
        print(f"unchanged / git status     {middle['unchanged'] / middle['git']:.2f}   (budget 1)")
        print(f"first / (walk + openssl)   {middle['first'] / floor:.2f}   (budget 1.4)")
        if options.memory:
            many = folder / "many"
            make_files(many, 1_000_000, 1000, "part_", lambda i: b"%d\n" % i)
            time.sleep(3)
            subprocess.run([program, "memory", many, cache], check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
