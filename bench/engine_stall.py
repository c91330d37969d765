#!/usr/bin/env python3
"""How the engine bears clients that do not do what clients should, and a disk that is slow.

usage: bench/engine_stall.py [--build build/release] [--clients 200] [--put-gib 4] [--slow-gib 1]

Measured are another client's GET of 64 KiB (milliseconds) and the engine's resident memory (MiB):
  alone           nobody else
  uploads         beside 200 PUTs of 1 GiB that stop after 1 MiB
  + downloads     and 200 GETs of 64 MiB whose answer is not read
  + half headers  and 200 connections that stop in the middle of a header
  header of 1 GB  one connection that sends a header without end: how much of it is taken, and what is said
  PUT             one PUT of --put-gib, as fast as the disk takes it
  slow disk       one PUT of --slow-gib with each write of the engine delayed (10 ms for 256 KiB: about 25 MB/s)
"""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

WORKSPACE = ("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
             "Microsoft.MachineLearningServices/workspaces/local")
# Writes of a size that only bodies have wait as they would for a slow disk.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>
ssize_t write(int fd, void const* data, size_t size) {
  static ssize_t (*real)(int, void const*, size_t);
  if (!real) real = (ssize_t(*)(int, void const*, size_t))dlsym(RTLD_NEXT, "write");
  if (size >= 65536) {
    struct timespec const pause = {0, (long)(size * 10000000.0 / 262144)};
    nanosleep(&pause, 0);
  }
  return real(fd, data, size);
}
"""


class Engine:
    def __init__(self, program, folder, environment=None):
        self.home = folder
        self.process = subprocess.Popen([program, "engine", "serve", "--home", folder, "--idle-exit", "0"], stdout=subprocess.PIPE,
                                        env={**os.environ, **(environment or {})})
        ready = json.loads(self.process.stdout.readline())
        self.host, self.port = urllib.parse.urlsplit(ready["endpoint"]).netloc.split(":")
        self.port = int(self.port)
        self.token = pathlib.Path(ready["token_file"]).read_text().strip()
        store = self.ask("GET", f"{WORKSPACE}/datastores/workspaceblobstore?api-version=2024-04-01")["properties"]
        secret = self.ask("POST", f"{WORKSPACE}/datastores/workspaceblobstore/listSecrets?api-version=2024-04-01", {"expirableSecret": True})
        self.container = f"/{store['accountName']}/{store['containerName']}"
        self.sas = secret["sasToken"]

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request(method, path, json.dumps(body) if body else None, {"Authorization": "Bearer " + self.token})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def blob(self, name):
        return f"{self.container}/{name}{self.sas}"

    def open(self, text):
        plain = socket.create_connection((self.host, self.port))
        plain.sendall(text.encode())
        return plain

    def put_head(self, name, size):
        return (f"PUT {self.blob(name)} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nx-ms-blob-type: BlockBlob\r\n"
                f"Content-Length: {size}\r\n\r\n")

    def put(self, name, size):
        """One PUT of `size` bytes; gives the seconds it took."""
        piece = os.urandom(1 << 20)
        begin = time.perf_counter()
        plain = self.open(self.put_head(name, size))
        for done in range(0, size, len(piece)):
            plain.sendall(piece[: min(len(piece), size - done)])
        answer = plain.recv(4096)
        plain.close()
        if b" 201 " not in answer.split(b"\r\n")[0]:
            raise SystemExit(f"PUT of {size} bytes: {answer[:300]}")
        return time.perf_counter() - begin

    def status(self, key):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def gets(self, count=100, until=None):
        """Milliseconds of GETs of a small blob, each on a connection of its own."""
        samples = []
        while (until is None and len(samples) < count) or (until is not None and not until.is_set()):
            begin = time.perf_counter()
            connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
            connection.request("GET", self.blob("small"))
            answer = connection.getresponse()
            if answer.status != 200 or len(answer.read()) != 65536:
                raise SystemExit(f"GET: {answer.status}")
            connection.close()
            samples.append(1000 * (time.perf_counter() - begin))
            time.sleep(0.005)
        return samples

    def stop(self):
        self.process.terminate()
        self.process.wait()


def row(name, samples, engine, note=""):
    ordered = sorted(samples)
    print(f"{name:<16}{statistics.median(ordered):9.2f}{ordered[int(0.99 * (len(ordered) - 1))]:9.2f}{ordered[-1]:9.2f}{engine.status('VmHWM'):10.1f}  {note}",
          flush=True)


def stalled(engine, kind, count):
    held = []
    for number in range(count):
        if kind == "uploads":
            plain = engine.open(engine.put_head(f"stalled/{number}", 1 << 30))
            plain.sendall(bytes(1 << 20))
        elif kind == "downloads":
            plain = engine.open(f"GET {engine.blob('large')} HTTP/1.1\r\nHost: {engine.host}:{engine.port}\r\n\r\n")
        else:
            plain = engine.open(f"GET {engine.blob('small')} HTTP/1.1\r\nHost: {engine.host}:{engine.port}\r\nX-Half: ")
        held.append(plain)
    time.sleep(3)  # what the sockets' buffers take is on its way
    return held


def endless_header(engine, size=10 ** 9):
    plain = engine.open(f"GET / HTTP/1.1\r\nHost: {engine.host}:{engine.port}\r\n")
    line = b"X-Long: " + b"x" * 65528 + b"\r\n"
    sent = 0
    try:
        while sent < size:
            plain.sendall(line)
            sent += len(line)
    except OSError:
        pass
    try:
        answer = plain.recv(4096).split(b"\r\n")[0].decode()
    except OSError:
        answer = "the connection was reset"
    return sent, answer


def with_put(engine, name, label, size):
    engine.forget_peak()
    over = threading.Event()
    samples = []
    other = threading.Thread(target=lambda: samples.extend(engine.gets(until=over)))
    other.start()
    took = engine.put(name, size)
    over.set()
    other.join()
    row(label, samples, engine, f"{size / (1 << 20) / took:.0f} MiB/s in {took:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build/release", help="the build to measure")
    parser.add_argument("--clients", type=int, default=200, help="stalled clients of each kind (default: 200)")
    parser.add_argument("--put-gib", type=float, default=4, help="size of the large PUT (default: 4)")
    parser.add_argument("--slow-gib", type=float, default=1, help="size of the PUT onto the slow disk (default: 1)")
    options = parser.parse_args()
    program = options.build.resolve() / "bin/azureml"
    if not program.exists():
        raise SystemExit(f"{program} is not there; build it first: cmake --build {options.build} --target azureml_cli")

    folder = pathlib.Path(tempfile.mkdtemp(prefix="azureml-bench-"))
    folder.chmod(0o700)
    engine = Engine(program, folder / "engine")
    try:
        print(f"{'':<16}{'median':>9}{'p99':>9}{'max':>9}{'peak MiB':>10}")
        engine.put("small", 65536)
        engine.put("large", 64 << 20)
        engine.forget_peak()
        row("alone", engine.gets(), engine)
        everybody = []
        for kind in ("uploads", "downloads", "half headers"):
            engine.forget_peak()
            held = stalled(engine, kind, options.clients)
            everybody.append(held)
            row(kind if len(everybody) == 1 else "+ " + kind, engine.gets(), engine, f"{sum(map(len, everybody))} stalled")
        for held in everybody:
            for each in held:
                each.close()
        engine.forget_peak()
        sent, answer = endless_header(engine)
        row("header of 1 GB", engine.gets(), engine, f"{sent / 1024:.0f} KiB sent, then: {answer}")
        with_put(engine, "put", "PUT", int(options.put_gib * (1 << 30)))
        engine.stop()

        shim = folder / "slow.so"
        (folder / "slow.c").write_text(SHIM)
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", shim, folder / "slow.c", "-ldl"], check=True)
        engine = Engine(program, folder / "slow-engine", {"LD_PRELOAD": str(shim)})
        engine.put("small", 65536)
        with_put(engine, "put", "slow disk", int(options.slow_gib * (1 << 30)))
    finally:
        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
