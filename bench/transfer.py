#!/usr/bin/env python3
"""What it costs to move bytes, beside the programs people would use instead.

usage: bench/transfer.py [--build build/release] [--large MIB] [--count 3] [--azurite PROGRAM] [--peer]

Against the engine: one large file and 300 MB in 2,000 files, up and down, floor and subject in turns. Seconds are medians; a ratio above 1 is slower than
the floor. Against Azurite (which is slow itself): the number of requests. `--peer` also measures azure-storage-blob, in a virtual environment of its own.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid

WORKSPACE = ("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local")
MARK = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Engine:
    def __init__(self, program, home):
        self.process = subprocess.Popen([program, "engine", "serve", "--home", home, "--port", "0", "--idle-exit", "0"], stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.endpoint, self.token = ready["endpoint"], pathlib.Path(ready["token_file"]).read_text().strip()

    def container(self):
        """The signed address of a new container."""
        url = f"{self.endpoint}{WORKSPACE}/codes/{uuid.uuid4()}/versions/1/startPendingUpload?api-version=2024-04-01"
        request = urllib.request.Request(url, b'{"pendingUploadType":"TemporaryBlobReference"}', method="POST",
                                         headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)["blobReferenceForConsumption"]["credential"]["sasUri"]

    def memory_mib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Azurite:
    def __init__(self, program):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([program, "--inMemoryPersistence", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry"],
                                        stdout=self.log, stderr=subprocess.DEVNULL)
        while not (found := re.search(r"listens on http://127.0.0.1:(\d+)", self.said())):
            time.sleep(0.1)
        self.port = int(found[1])

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def container(self):
        name, end = "c" + uuid.uuid4().hex, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        text = f"{MARK}\nrwdlac\nb\nsco\n\n{end}\n\n\n2021-12-02\n\n"
        signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), hashlib.sha256)).decode()
        query = urllib.parse.urlencode({"sv": "2021-12-02", "ss": "b", "srt": "sco", "sp": "rwdlac", "se": end, "sig": signature})
        url = f"http://127.0.0.1:{self.port}/{MARK}/{name}"
        urllib.request.urlopen(urllib.request.Request(f"{url}?restype=container&{query}", b"", method="PUT", headers={"x-ms-version": "2021-12-02"})).close()
        return f"{url}?{query}"

    def requests(self):
        return len(re.findall(r'"(?:GET|PUT|HEAD|POST|DELETE) ', self.said()))

    def stop(self):
        self.process.kill()
        self.process.wait()


def run(words, **options):
    """Seconds."""
    begin = time.perf_counter()
    finished = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if finished.returncode:
        raise SystemExit(f"{words[0]} ended with {finished.returncode}: {finished.stderr[-2000:]}")
    return time.perf_counter() - begin, finished.stdout


def beside(address, name):
    path, query = address.split("?", 1)
    return f"{path}/{urllib.parse.quote(name)}?{query}"


def make_files(folder, count, size):
    for number in range(count):
        file = folder / f"d{number % 40:02}" / f"f{number:05}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(size))


def show(what, seconds, floor, bytes_moved, memory=None):
    middle, least = statistics.median(seconds), statistics.median(floor)
    more = "" if memory is None else f"{memory:8.1f} MiB"
    print(f"{what:<44}{least:9.2f}{middle:9.2f}{middle / least:8.2f}x{bytes_moved / middle / 1e6:9.0f} MB/s{more}", flush=True)


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.tool = options.build.resolve() / "bin/bench_transfer"
        self.engine = Engine(options.build.resolve() / "bin/azureml", folder / "engine")

    def subject(self, mode, address, where):
        seconds, said = run([self.tool, mode, address, where])
        return seconds, float(re.search(r"([\d.]+) MiB", said)[1])

    def large(self):
        size = self.options.large << 20
        source = self.folder / "large/file"
        source.parent.mkdir()
        run(["dd", "if=/dev/urandom", f"of={source}", "bs=1M", f"count={self.options.large}"])
        up, up_floor, down, down_floor, memory = [], [], [], [], [0, 0]
        for _ in range(self.options.count):
            address = self.engine.container()
            up_floor.append(run(["curl", "-sSf", "-T", source, "-H", "x-ms-blob-type: BlockBlob", "-H", "Expect:", beside(address, "curl")])[0])
            address = self.engine.container()
            seconds, memory[0] = self.subject("up", address, source.parent)
            up.append(seconds)
            down_floor.append(run(["curl", "-sSf", "-o", self.folder / "curl", beside(address, "file")])[0])
            seconds, memory[1] = self.subject("down", address, self.folder / "down")
            down.append(seconds)
            if (self.folder / "down/file").stat().st_size != size:
                raise SystemExit("what came down is not what went up")
            shutil.rmtree(self.folder / "down")
        show(f"one file of {self.options.large} MiB, up (curl -T)", up, up_floor, size, memory[0])
        show(f"one file of {self.options.large} MiB, down (curl)", down, down_floor, size, memory[1])

    def many(self):
        source, count, size = self.folder / "many", 2000, 150_000
        make_files(source, count, size)
        up, up_floor, down, down_floor, memory = [], [], [], [], [0, 0]
        for _ in range(self.options.count):
            hashed = run(["bash", "-c", "find . -type f -print0 | xargs -0 openssl dgst -sha256 > /dev/null"], cwd=source)[0]
            up_floor.append(hashed + run(["cp", "-r", source, self.folder / "copy"])[0])
            shutil.rmtree(self.folder / "copy")
            address = self.engine.container()
            seconds, memory[0] = self.subject("up", address, source)
            up.append(seconds)
            list_file = self.folder / "curl.conf"
            names = [str(file.relative_to(source)) for file in source.rglob("*") if file.is_file()]
            list_file.write_text("".join(f'url = "{beside(address, name)}"\noutput = "{self.folder}/curl-many/{name}"\n' for name in names))
            down_floor.append(run(["curl", "-sSf", "--parallel", "--parallel-max", "16", "--create-dirs", "-K", list_file])[0])
            seconds, memory[1] = self.subject("down", address, self.folder / "down-many")
            down.append(seconds)
            for gone in ("curl-many", "down-many"):
                shutil.rmtree(self.folder / gone)
        show("300 MB in 2,000 files, up (hash + copy)", up, up_floor, count * size, memory[0])
        show("300 MB in 2,000 files, down (curl --parallel)", down, down_floor, count * size, memory[1])

    def peer(self):
        python = self.folder / "peer/bin/python"
        run([sys.executable, "-m", "venv", self.folder / "peer"])
        run([python, "-m", "pip", "install", "-q", "azure-storage-blob"])
        address, source = self.engine.container(), self.folder / "large"
        script = ("import sys; from azure.storage.blob import BlobClient; b = BlobClient.from_blob_url(sys.argv[1]);\n"
                  "if sys.argv[2] == 'up': b.upload_blob(open(sys.argv[3], 'rb'), overwrite=True, max_concurrency=8)\n"
                  "else: b.download_blob(max_concurrency=8).readinto(open(sys.argv[3], 'wb'))\n")
        size = (source / "file").stat().st_size
        for mode, where, ours in (("up", source / "file", source), ("down", self.folder / "peer-file", self.folder / "peer-down")):
            theirs, mine = [], []
            for _ in range(self.options.count):
                theirs.append(run([python, "-c", script, beside(address, "peer"), mode, where])[0])
                mine.append(self.subject(mode, self.engine.container() if mode == "up" else address, ours)[0])
                shutil.rmtree(self.folder / "peer-down", ignore_errors=True)
            show(f"the same, {mode} (azure-storage-blob)", mine, theirs, size)

    def count_requests(self):
        azurite = Azurite(self.options.azurite)
        try:
            source = self.folder / "few"
            make_files(source, 500, 2000)
            address, counted = azurite.container(), azurite.requests()

            def step(what, mode, where):
                nonlocal counted
                seconds, _ = self.subject(mode, address, where)
                now = azurite.requests()
                print(f"Azurite, 500 files of 2 KB, {what:<28}{now - counted:6} requests{seconds:9.2f} s", flush=True)
                counted = now

            step("up", "up", source)
            step("up again", "up", source)
            step("down", "down", self.folder / "few-down")
            step("down again", "down", self.folder / "few-down")
        finally:
            azurite.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build/release", help="the build to measure")
    parser.add_argument("--large", type=int, default=1024, help="size of the large file in MiB (default: 1024)")
    parser.add_argument("--count", type=int, default=3, help="samples of each (default: 3)")
    parser.add_argument("--azurite", type=pathlib.Path, default=root / "build/tools/azurite/node_modules/.bin/azurite-blob")
    parser.add_argument("--peer", action="store_true", help="also azure-storage-blob")
    options = parser.parse_args()
    for needed in ("azureml", "bench_transfer"):
        if not (options.build / "bin" / needed).exists():
            raise SystemExit(f"{needed} is not there; build it first: cmake --build {options.build} --target azureml_cli bench_transfer")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="azureml-bench-"))
    bench = Bench(options, folder)
    try:
        print(f"{'seconds':<44}{'floor':>9}{'ours':>9}{'ratio':>9}")
        bench.large()
        bench.many()
        if options.peer:
            bench.peer()
        print(f"the engine's memory at its highest: {bench.engine.memory_mib():.1f} MiB")
        if options.azurite.exists():
            bench.count_requests()
    finally:
        bench.engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
