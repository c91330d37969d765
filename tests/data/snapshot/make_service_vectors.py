#!/usr/bin/env python3
"""Records what Microsoft's Python packages make of generated ignore files.

    make_service_vectors.py patterns > service_patterns.json   # needs azure-ai-ml
    make_service_vectors.py trees > service_trees.json         # needs azureml-core and pathspec==0.10.3

`patterns`: for each path the line of the last pattern that matches it, negative for a pattern that lets it stay, 0 for
none; the paths are tested as files, without a look at the folders above them. `trees`: the files that a snapshot has.
"""
import json
import os
import random
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
RANDOM = random.Random(20260327)
NAMES = ["a", "b", "ab", "c", "A", "1", "a b", "b ", "#a", "!b", "[a]", "*", "?a", "\\a", "é", "-", "a.c", ".c", "a-b", "]", "^", "foo",
         "bar", "_", "日本", "Ü", "a\tb", "\u00a0x", "x\u3000"]
PIECES = ["a", "b", "ab", "c", "A", "1", " ", "*", "*", "**", "**/", "/**/", "/", "/", "?", "??", "[a]", "[a-c]", "[!a]", "[^b-z]", "[]a]",
          "[]-a]", "[a-]", "[[:alpha:]]", "[", "]", "\\", "\\a", "\\*", "\\[", "[\\]]", "[!/]", "[.-0]", "é", "#", "!", ".", "-", "[a/b]",
          "***", "foo", "bar", "*.c", "\t", "[^", "[z-a]", "[--a]", "^", "[a-c-e]", "[à-ü]", "[!é]", "日", "[日-本]", "\u00a0"]


def name():
    text = RANDOM.choice(NAMES)
    while RANDOM.random() < 0.3:
        text += RANDOM.choice(NAMES)
    return text


def blurred(path):
    if "/" in path and RANDOM.random() < 0.5:
        path = path[path.index("/") + RANDOM.randint(0, 1):]
    text = ""
    for c in path:
        if c == "/" and RANDOM.random() < 0.12:
            text += "/**/"
        elif c != "/" and RANDOM.random() < 0.12:
            text += RANDOM.choice(["?", "*", "**", "[!x]", "[a-z]", "/**/", "**/", "/", ""])
        else:
            text += c
    return text + RANDOM.choice(["", "", "", "", "/", "/**", "/*"])


def pattern(paths):
    text = "!" if RANDOM.random() < 0.17 else ""
    if RANDOM.random() < 0.7:
        return text + blurred(RANDOM.choice(paths))
    text += "/" if RANDOM.random() < 0.15 else ""
    for _ in range(RANDOM.randint(1, 3)):
        text += RANDOM.choice(PIECES) if RANDOM.random() < 0.67 else name()
    return text + RANDOM.choice(["", "", "", "/", "/**", " "])


def record_patterns():
    from azure.ai.ml._utils._pathspec import GitWildMatchPattern
    cases = []
    while len(cases) < 150:
        paths = ["/".join(name() for _ in range(RANDOM.randint(1, 3))) for _ in range(12)]
        lines = [pattern(paths) for _ in range(RANDOM.randint(1, 5))]
        patterns, refused = [], False
        for number, line in enumerate(lines, 1):
            try:
                patterns.append((number, GitWildMatchPattern(line.rstrip())))
            except Exception:
                refused = True
        if refused and RANDOM.random() < 0.8:
            continue
        verdicts = []
        for path in paths:
            verdict = 0
            for number, compiled in patterns:
                if compiled.include is not None and compiled.match_file(path) is not None:
                    verdict = number if compiled.include else -number
            verdicts.append(verdict)
        newline = RANDOM.choice(["\n", "\n", "\r\n", "\r"])
        mark = "\ufeff" if RANDOM.random() < 0.1 else ""
        cases.append({"text": mark + newline.join(lines), "refused": refused, "paths": paths, "lines": verdicts})
    return cases


def sdk_files(root):
    from azureml._base_sdk_common.merkle_tree import create_merkletree
    from azureml._project.ignore_file import get_project_ignore_file
    found = []

    def collect(node, prefix):
        for child in node.children:
            path = prefix + child.name
            if child.is_file():
                found.append(path)
            else:
                collect(child, path + "/")

    collect(create_merkletree(root, get_project_ignore_file(root).is_file_excluded), "")
    return sorted(found, key=lambda path: path.encode())


def plain_pattern(paths):
    """One that the packages agree on: no blanks around it, no backslash at the end of a name."""
    while True:
        line = pattern(paths).strip(" \t\u00a0\u3000")
        if "\\/" not in line and not line.endswith("\\"):
            return line


def make_tree(root):
    """Returns the files as {path: text} and the links as {path: target}."""
    files, folders = {}, {""}
    for _ in range(RANDOM.randint(8, 20)):
        parts = [name().replace("\t", "") for _ in range(RANDOM.randint(1, 4))]
        for depth in range(1, len(parts)):
            if "/".join(parts[:depth]) in files:
                break
            folders.add("/".join(parts[:depth]))
        else:
            if "/".join(parts) not in folders:
                files["/".join(parts)] = ""
    known = list(files) + [folder for folder in folders if folder]
    for ignore in RANDOM.choice([[".amlignore"], [".gitignore"], [".gitignore", ".amlignore"], []]):
        files[ignore] = "".join(plain_pattern(known) + "\n" for _ in range(RANDOM.randint(1, 4)))
    for folder in folders:
        if folder and RANDOM.random() < 0.1:
            files[folder + "/.gitignore"] = "*\n"
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)) or root, exist_ok=True)
        with open(os.path.join(root, path), "w", newline="") as out:
            out.write(text)
    links = {}
    top = [folder for folder in folders if folder and "/" not in folder]
    if top and RANDOM.random() < 0.5 and "link" not in files:
        links["link"] = RANDOM.choice(top)
    plain = [path for path in files if not path.startswith(".")]
    if plain and RANDOM.random() < 0.5:
        links["to_file"] = RANDOM.choice(plain)
    for path, target in links.items():
        os.symlink(target, os.path.join(root, path))
    return files, links


def record_trees(count):
    cases = []
    while len(cases) < count:
        with tempfile.TemporaryDirectory() as root:
            files, links = make_tree(root)
            try:
                kept = sdk_files(root)
            except ValueError:  # a pattern that it refuses
                continue
            except Exception as error:
                if type(error).__name__ != "error":  # of re, likewise
                    raise
                continue
            if len(kept) < len(files) + len(links) or RANDOM.random() < 0.2:
                cases.append({"files": files, "links": links, "kept": kept})
    return cases


if __name__ == "__main__":
    recorded = record_patterns() if sys.argv[1] == "patterns" else record_trees(int(sys.argv[2]) if len(sys.argv) > 2 else 60)
    print("[" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in recorded) + "]")
