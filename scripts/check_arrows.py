#!/usr/bin/env python3
"""Reads the includes of src/ and include/ and names every one that the architecture does not allow.

usage: check_arrows.py [ROOT]

The rules are docs/architecture.md's: which folder may use which, and which foreign library may appear where.
"""
import pathlib
import re
import sys

COMMON = ["base", "log"]
CLIENT = ["snapshot", "core", "http", "auth", "rest", "transfer", "api"]
ENGINE = ["store", "runner", "sweep", "routes", "web", "front"]
ENGINE = ["engine/" + name for name in ENGINE]

# How an error is made and how a handle is opened: two headers that every folder of the client may use.
CLIENT_WIDE = {"core/make_error.hpp", "core/access.hpp"}

# A foreign library, recognised by the start of its include, and the only places where it may appear.
FOREIGN = [
    (re.compile(r"^(cpprest|pplx)/"), "cpprestsdk", ["src/http/"]),
    (re.compile(r"^spdlog/"), "spdlog", ["src/log/"]),
    (re.compile(r"^sqlite3\.h$"), "SQLite", ["src/engine/store/"]),
    (re.compile(r"^boost/(beast|asio)"), "Boost.Beast and Asio", ["src/engine/front/"]),
    (re.compile(r"^CLI/"), "CLI11", ["src/cli/"]),
]
FILES_WITH_CPPREST_MAX = 1

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
STANDARD = re.compile(r"^[a-z0-9_]+$")  # <string>, <vector>: no dot, no slash


def allowed_folders(folder):
    """The folders under src/ whose headers a file in `folder` may include."""
    if folder in COMMON:
        return set(COMMON[: COMMON.index(folder) + 1])
    if folder in CLIENT:
        return set(COMMON) | set(CLIENT[: CLIENT.index(folder) + 1])
    if folder in ENGINE:
        return set(COMMON) | set(ENGINE[: ENGINE.index(folder) + 1])
    if folder == "cli":
        return set(COMMON) | {"cli", "api", "engine/front", "engine/runner"}
    return None


def folder_of(path):
    """`http` of `http/pipeline.hpp`, `engine/store` of `engine/store/home.hpp`; folders beneath belong to theirs."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "engine" and len(parts) > 2 else parts[0]


def includes(file):
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) or match.group(2), match.group(1) is not None


def sources(directory):
    return sorted(file for file in directory.rglob("*") if file.suffix in (".hpp", ".cpp", ".h", ".ipp"))


def check_public(root):
    for file in sources(root / "include"):
        name = file.relative_to(root).as_posix()
        for number, target, _ in includes(file):
            if not STANDARD.match(target) and not target.startswith("azureml/"):
                yield f"{name}:{number}: a public header includes {target}; only the standard library and azureml/ are allowed"


def check_source(name, folder, number, target, quoted):
    for pattern, library, places in FOREIGN:
        if pattern.match(target) and not any(name.startswith(place) for place in places):
            yield f"{name}:{number}: {library} ({target}) may only appear in {', '.join(places)}"
    if target.startswith("azureml/") and (folder in COMMON or folder in ENGINE):
        yield f"{name}:{number}: {folder} includes the client's public header {target}"
    if not quoted:
        return
    if target.startswith("../") or "/../" in target:
        yield f"{name}:{number}: {target} is not relative to src/"
        return
    used = folder_of(target)
    if target in CLIENT_WIDE and folder in CLIENT:
        return
    if used not in allowed_folders(folder):
        yield f"{name}:{number}: {folder} includes {target}; that arrow is not allowed"


def check(root):
    yield from check_public(root)
    with_cpprest = set()
    for file in sources(root / "src"):
        name = file.relative_to(root).as_posix()
        folder = folder_of(name[len("src/"):])
        if allowed_folders(folder) is None:
            yield f"{name}: the folder {folder} is not known to check_arrows.py"
            continue
        for number, target, quoted in includes(file):
            if FOREIGN[0][0].match(target):
                with_cpprest.add(name)
            yield from check_source(name, folder, number, target, quoted)
    if len(with_cpprest) > FILES_WITH_CPPREST_MAX:
        yield f"cpprestsdk is included in {len(with_cpprest)} files ({', '.join(sorted(with_cpprest))}); one is the limit"


def main(arguments):
    if len(arguments) > 1 or "--help" in arguments:
        print(__doc__.strip())
        return 0 if "--help" in arguments else 2
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).resolve().parent.parent)
    if not sources(root / "src"):
        print(f"{root} has no sources under src/", file=sys.stderr)
        return 2
    faults = list(check(root))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
