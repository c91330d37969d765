"""Each public header compiles alone; none minds other people's macros; none defines any.
usage: headers_test.py INCLUDE-DIRECTORY CXX"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

include, compiler = pathlib.Path(sys.argv[1]), sys.argv[2]
headers = sorted(f"azureml/{file.name}" for file in (include / "azureml").glob("*.hpp"))
assert len(headers) >= 20, headers

# Short names that other libraries define as macros: cpprestsdk's U, Apple's check, Windows' min and max, X11's None, and their like.
POISON = ["U", "check", "min", "max", "None", "Status", "Bool", "Success", "Always", "interface", "near", "far", "small", "ERROR", "DELETE",
          "IN", "OUT", "OPTIONAL", "GetObject", "GetMessage", "emit", "signals", "slots", "foreach", "verify", "require", "major", "minor",
          "unix", "linux", "I", "N", "assert"]


def compile_text(text, *flags):
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "unit.cpp")
        file.write_text(text)
        return subprocess.run([compiler, "-std=c++20", "-I", include, *flags, file], text=True, capture_output=True)


def standard_includes():
    found = set()
    for header in headers:
        found.update(re.findall(r"#include <([a-z0-9_]+)>", (include / header).read_text()))
    return "".join(f"#include <{name}>\n" for name in sorted(found))


def alone(header):
    # Twice, so that a forgotten include guard shows.
    answer = compile_text(f"#include <{header}>\n#include <{header}>\nint main() {{}}\n", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic",
                          "-Wshadow", "-Werror")
    return "" if answer.returncode == 0 else f"{header} does not compile alone:\n{answer.stderr}"


def macros_of(text):
    answer = compile_text(text, "-E", "-dM")
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.splitlines())


faults = []
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    faults += filter(None, pool.map(alone, headers))

poison = "".join(f"#undef {name}\n#define {name} this is poison {name}\n" for name in POISON)
answer = compile_text(standard_includes() + poison + "#include <azureml/azureml.hpp>\n", "-fsyntax-only")
if answer.returncode != 0:
    faults.append(f"a public header uses a name that others define as a macro:\n{answer.stderr}")
functions = "".join(f"#undef {name}\n#define {name}(...) this is poison {name}\n" for name in POISON)
answer = compile_text(standard_includes() + functions + "#include <azureml/azureml.hpp>\n", "-fsyntax-only")
if answer.returncode != 0:
    faults.append(f"a public header calls a name that others define as a macro:\n{answer.stderr}")

added = macros_of(standard_includes() + "#include <azureml/azureml.hpp>\n") - macros_of(standard_includes())
if added:
    faults.append(f"the public headers define macros: {sorted(added)}")

sys.exit("\n".join(faults) if faults else 0)
