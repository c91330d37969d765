#!/usr/bin/env python3
"""Runs check_arrows.py on small trees, one fault each, and on one without any.  usage: check_arrows_test.py CHECKER"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = sys.argv.pop(1)
GOOD = {
    "include/azureml/run.hpp": "#include <azureml/fwd.hpp>\n#include <string>\n",
    "src/base/time.hpp": "#include <chrono>\n",
    "src/log/logger.cpp": '#include "base/time.hpp"\n#include <spdlog/spdlog.h>\n',
    "src/core/make_error.hpp": "#include <azureml/error.hpp>\n",
    "src/snapshot/plan.cpp": '#include "core/make_error.hpp"\n',
    "src/http/cpprest.cpp": '#include "core/make_error.hpp"\n#include <cpprest/http_client.h>\n',
    "src/api/run.cpp": '#include "rest/jobs.hpp"\n#include "log/logger.hpp"\n#include <azureml/run.hpp>\n',
    "src/engine/store/store.cpp": '#include "engine/store/store.hpp"\n#include <sqlite3.h>\n',
    "src/engine/front/server.cpp": '#include "engine/routes/exchange.hpp"\n#include <boost/beast.hpp>\n',
    "src/cli/main.cpp": '#include "cli/command.hpp"\n#include "engine/front/control.hpp"\n#include <azureml/azureml.hpp>\n#include <CLI/CLI.hpp>\n',
}


class CheckArrows(unittest.TestCase):
    def check(self, **changed):
        """The checker's answer on GOOD with files changed; keys are paths with `/` as `__` and `.` as `_DOT_`."""
        with tempfile.TemporaryDirectory() as directory:
            for path, text in {**GOOD, **{k.replace("__", "/").replace("_DOT_", "."): v for k, v in changed.items()}}.items():
                file = pathlib.Path(directory, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return subprocess.run([sys.executable, CHECKER, directory], capture_output=True, text=True)

    def refused(self, path, text, *words):
        answer = self.check(**{path: text})
        self.assertEqual(answer.returncode, 1, answer.stdout + answer.stderr)
        self.assertEqual(len(answer.stdout.splitlines()), 1, answer.stdout)
        for word in words:
            self.assertIn(word, answer.stdout)

    def test_good_tree_passes(self):
        answer = self.check()
        self.assertEqual((answer.returncode, answer.stdout), (0, ""))

    def test_empty_tree_is_an_error(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(subprocess.run([sys.executable, CHECKER, directory], capture_output=True).returncode, 2)

    def test_base_may_not_use_log(self):
        self.refused("src__base__clock_DOT_cpp", '#include "log/logger.hpp"\n', "src/base/clock.cpp:1", "log/logger.hpp")

    def test_client_may_not_look_right(self):
        self.refused("src__http__x_DOT_cpp", '\n#include "rest/jobs.hpp"\n', "src/http/x.cpp:2", "rest/jobs.hpp")

    def test_client_wide_headers_are_for_the_client(self):
        self.refused("src__engine__store__x_DOT_cpp", '#include "core/make_error.hpp"\n', "engine/store")

    def test_engine_may_not_look_right(self):
        self.refused("src__engine__store__x_DOT_cpp", '#include "engine/front/server.hpp"\n', "engine/front/server.hpp")

    def test_engine_may_not_use_the_public_headers(self):
        self.refused("src__engine__routes__x_DOT_cpp", "#include <azureml/run.hpp>\n", "azureml/run.hpp")

    def test_client_may_not_use_the_engine(self):
        self.refused("src__api__x_DOT_cpp", '#include "engine/front/server.hpp"\n', "engine/front/server.hpp")

    def test_program_may_not_use_inner_parts(self):
        self.refused("src__cli__x_DOT_cpp", '#include "rest/jobs.hpp"\n', "rest/jobs.hpp")
        self.refused("src__cli__x_DOT_cpp", '#include "engine/store/store.hpp"\n', "engine/store/store.hpp")

    def test_public_headers_include_nothing_foreign(self):
        self.refused("include__azureml__x_DOT_hpp", "#include <nlohmann/json.hpp>\n", "nlohmann/json.hpp")
        self.refused("include__azureml__x_DOT_hpp", "#include <unistd.h>\n", "unistd.h")

    def test_foreign_libraries_have_their_place(self):
        self.refused("src__api__x_DOT_cpp", "#include <cpprest/json.h>\n#include <string>\n".replace("cpprest/json.h", "spdlog/spdlog.h"), "spdlog")
        self.refused("src__engine__routes__x_DOT_cpp", "#include <sqlite3.h>\n", "SQLite")
        self.refused("src__engine__routes__x_DOT_cpp", "  #  include <boost/asio.hpp>\n", "Boost.Beast")

    def test_cpprest_is_in_one_file(self):
        self.refused("src__http__second_DOT_cpp", "#include <cpprest/json.h>\n", "2 files")

    def test_unknown_folder_is_named(self):
        self.refused("src__misc__x_DOT_cpp", "\n", "misc")


if __name__ == "__main__":
    unittest.main()
