"""The program in a shell: completion, the manual, a terminal, pipes, and what `azureml doctor` finds."""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

from harness import PROGRAM, EngineTest, main

SECONDS = 120


def names_in(help_text):
    """The commands, or verbs, that a help text lists."""
    return re.findall(r"^  ([a-z][a-z-]*) +\S", help_text, re.MULTILINE)


def command_names(test):
    """Every command, and every verb of those that have verbs."""
    found = []
    for command in names_in(test.azureml("--help").stdout):
        verbs = names_in(test.azureml(command, "--help").stdout) if command in ("engine", "datastore") else []
        found += [f"{command} {verb}" for verb in verbs] or [command]
    return found


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, words, environment, folder):
        self.leader, follower = pty.openpty()
        self.process = subprocess.Popen([str(word) for word in words], stdin=follower, stdout=follower, stderr=follower, env=environment, cwd=folder,
                                        start_new_session=True)
        os.close(follower)
        self.text = ""

    def type(self, keys):
        os.write(self.leader, keys.encode())

    def read_until(self, pattern):
        """True when the pattern has come; what was read before it is forgotten."""
        end = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self.text)):
            ready, _, _ = select.select([self.leader], [], [], max(0, end - time.monotonic()))
            if not ready:
                return False
            try:
                piece = os.read(self.leader, 65536)
            except OSError:  # the other end was closed
                return False
            self.text += piece.decode(errors="replace")
        self.text = self.text[found.end():]
        return True

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.leader)


class Completion(EngineTest):
    def bash(self, *words):
        """What bash offers for the last of the words, which may be begun or empty."""
        script = f"source <('{PROGRAM}' completion bash)\nCOMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n_azureml\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
        finished = subprocess.run(["bash", "--norc", "-c", script, "bash", "azureml", *words], cwd=self.folder, env=self.environment, text=True,
                                  capture_output=True, timeout=SECONDS)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        return finished.stdout.split("\n")[:-1] if finished.stdout.strip() else []

    def test_bash_completes_commands_verbs_options_and_values(self):
        self.assertEqual(self.bash("subm"), ["submit"])
        self.assertEqual(self.bash("--v"), ["--version"])
        self.assertEqual(sorted(self.bash("engine", "st")), ["status", "stop"])
        self.assertEqual(self.bash("submit", "--entry-s"), ["--entry-script"])
        self.assertEqual(self.bash("engine", "serve", "--idle"), ["--idle-exit"])
        self.assertEqual(sorted(self.bash("upload", "--progress", "")), ["auto", "bar", "none", "plain"])
        self.assertEqual(self.bash("upload", "--progress", "=", "b"), ["bar"])
        self.assertEqual(self.bash("completion", "z"), ["zsh"])
        self.assertEqual(self.bash("show", "--home", "x", "--js"), ["--json"])
        self.assertEqual(self.bash("nonsense", ""), [])

    def test_bash_completes_files_and_folders_with_blanks(self):
        self.write("a folder/file", "")
        self.write("a file", "")
        self.assertEqual(self.bash("engine", "status", "--home", "a"), ["a folder"])
        self.assertEqual(sorted(self.bash("upload", "run", "a")), ["a file", "a folder"])
        self.assertEqual(self.bash("runs", "a"), [])

    def test_bash_offers_every_command_and_every_option_of_its_help(self):
        for name in command_names(self):
            words = name.split()
            self.assertIn(words[-1], self.bash(*words[:-1], ""), name)
            options = re.findall(r"^ +(?:-\w,)?(--[a-z][a-z0-9-]*)", self.azureml(*words, "--help").stdout, re.MULTILINE)
            self.assertTrue(set(options) <= set(self.bash(*words, "-")), name)

    def test_fish_completes_commands_verbs_options_and_values(self):
        if not shutil.which("fish"):
            self.skip_or_fail("fish is not installed")
        script = self.write("completion.fish", self.azureml("completion", "fish").stdout)

        def fish(line):
            finished = subprocess.run(["fish", "--no-config", "-c", f"source '{script}'; complete -C '{line}'"], cwd=self.folder,
                                      env={**self.environment, "HOME": str(self.folder)}, text=True, capture_output=True, timeout=SECONDS)
            self.assertEqual((finished.returncode, finished.stderr), (0, ""))
            return [row.split("\t")[0] for row in finished.stdout.splitlines()]

        self.assertEqual(fish("azureml subm"), ["submit"])
        self.assertEqual(sorted(fish("azureml engine st")), ["status", "stop"])
        self.assertEqual(fish("azureml submit --entry-s"), ["--entry-script"])
        self.assertEqual(fish("azureml engine serve --idle"), ["--idle-exit"])
        self.assertEqual(sorted(fish("azureml upload --progress ")), ["auto", "bar", "none", "plain"])
        self.assertEqual(fish("azureml completion z"), ["zsh"])

    def test_zsh_completes_commands_verbs_options_and_values(self):
        if not shutil.which("zsh"):
            self.skip_or_fail("zsh is not installed")
        script = self.write("completion.zsh", self.azureml("completion", "zsh").stdout)
        self.assertEqual(subprocess.run(["zsh", "-f", "-n", script], capture_output=True, timeout=SECONDS).stderr, b"")
        shell = Terminal(["zsh", "-f", "-i"], {**self.environment, "TERM": "vt100", "HOME": str(self.folder), "COLUMNS": "200"}, self.folder)
        self.addCleanup(shell.close)
        shell.type(f"stty columns 200; autoload -Uz compinit; compinit -D -u; source '{script}'; azureml() {{ print -r -- \"GOT\"$#:\"$*\" }}; print READY$((1+1))\n")
        self.assertTrue(shell.read_until("READY2"), shell.text)
        for keys, words in (("subm", "1:submit"), ("engine stat", "2:engine status"), ("submit --entry-s", "2:submit --entry-script"),
                            ("engine serve --idle-e", "3:engine serve --idle-exit"), ("upload --progress pl", "3:upload --progress plain"),
                            ("completion fi", "2:completion fish")):
            shell.type(f"azureml {keys}\t\n")
            self.assertTrue(shell.read_until(f"GOT{words}=?\r?\n"), f"{words}: {shell.text!r}")


class Manual(EngineTest):
    def test_every_command_and_option_has_its_place(self):
        page = self.azureml("man").stdout.replace("\\-", "-")
        for name in command_names(self):
            self.assertIn(f'.SS "azureml {name}"', page)
            section = page.split(f'.SS "azureml {name}"')[1].split(".SS ")[0]
            for option in re.findall(r"^ +(?:-\w,)?(--[a-z][a-z0-9-]*)", self.azureml(*name.split(), "--help").stdout, re.MULTILINE):
                self.assertIn(f"\\fB{option}\\fR", section, name)

    def test_groff_has_nothing_to_remark(self):
        if not shutil.which("groff"):
            self.skip_or_fail("groff is not installed")
        finished = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=self.azureml("man").stdout, text=True, capture_output=True, timeout=SECONDS)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))


class Doctor(EngineTest):
    def tool(self, name, text):
        self.write(f"bin/{name}", f"#!/bin/sh\n{text}\n", 0o755)

    def doctor(self, home, code=0, **variables):
        """The findings by what they are about."""
        (self.folder / "bin").mkdir(exist_ok=True)
        environment = {name: value for name, value in self.environment.items() if "proxy" not in name.lower()}
        environment |= {"PATH": str(self.folder / "bin"), **variables}
        finished = subprocess.run([PROGRAM, "doctor", "--json", "--home", home], env=environment, text=True, capture_output=True, timeout=SECONDS)
        record = json.loads(finished.stdout)
        findings = {finding["check"]: finding for finding in record["findings"]}
        if findings["space"]["level"] == "ok":  # how full this machine is, is not ours to test
            self.assertEqual(finished.returncode, code, finished.stdout)
        for finding in findings.values():
            self.assertEqual(finding["remedy"] is None, finding["level"] == "ok", finding)
        return findings

    def test_tools_are_found_in_path_with_their_versions(self):
        self.tool("uv", "echo uv 1.2.3")
        self.tool("mpirun", "echo; echo 'mpirun (Open MPI) 4.1.4'; echo more")
        self.tool("podman", "exit 3")
        found = self.doctor(self.folder / "home")
        self.assertEqual((found["uv"]["level"], found["uv"]["message"]), ("ok", "uv 1.2.3"))
        self.assertEqual(found["mpi"]["message"], "mpirun (Open MPI) 4.1.4")
        self.assertEqual(found["podman"]["level"], "warning")
        self.assertIn("not found", found["slurm"]["message"])
        self.assertIn("not running", found["engine"]["message"])
        self.assertIn("does not exist yet", found["home"]["message"])
        self.assertFalse((self.folder / "home").exists())

    def test_without_uv_and_pip_is_an_error(self):
        found = self.doctor(self.folder / "home", code=1)
        self.assertEqual((found["uv"]["level"], found["pip"]["level"]), ("error", "error"))
        self.tool("python3", "echo pip 23.0")
        self.assertEqual(self.doctor(self.folder / "home")["uv"]["level"], "warning")

    def test_open_home_is_an_error_until_the_remedy_is_done(self):
        self.tool("uv", "echo uv 1.2.3")
        home = self.folder / "a home"
        home.mkdir(mode=0o700)
        (home / "identity.json").write_text("{}")
        home.chmod(0o755)
        finding = self.doctor(home, code=1)["home"]
        self.assertEqual((finding["level"], finding["remedy"]), ("error", f"chmod 700 '{home}'"))
        subprocess.run(["sh", "-c", finding["remedy"]], check=True, timeout=SECONDS)
        self.assertEqual(self.doctor(home)["home"]["level"], "ok")

    def test_home_that_is_a_file_is_an_error(self):
        self.tool("uv", "echo uv 1.2.3")
        self.assertEqual(self.doctor(self.write("home", ""), code=1)["home"]["level"], "error")

    def test_proxy_is_told_without_its_password(self):
        self.tool("uv", "echo uv 1.2.3")
        finding = self.doctor(self.folder / "home", https_proxy="http://me:hush@proxy:3128")["proxy"]
        self.assertEqual(finding["level"], "warning")
        self.assertIn("@proxy:3128", finding["message"])
        self.assertNotIn("hush", json.dumps(finding))
        self.assertEqual(self.doctor(self.folder / "home", https_proxy="http://proxy:3128", no_proxy="x,127.0.0.1")["proxy"]["level"], "ok")

    def test_clock_behind_the_homes_files_is_a_warning(self):
        self.tool("uv", "echo uv 1.2.3")
        home = self.folder / "home"
        home.mkdir(mode=0o700)
        (home / "identity.json").write_text("{}")
        os.utime(home / "identity.json", (time.time() + 86_400, time.time() + 86_400))
        self.assertEqual(self.doctor(home)["clock"]["level"], "warning")

    def test_running_engine_is_told_with_its_address(self):
        self.tool("uv", "echo uv 1.2.3")
        self.azureml("runs")
        finding = self.doctor(self.home)["engine"]
        self.assertEqual(finding["level"], "ok")
        self.assertRegex(finding["message"], r"^running, pid \d+, http://127\.0\.0\.1:\d+, version \d")


class Output(EngineTest):
    def doctors_text(self, **variables):
        """What `azureml doctor` writes on a terminal."""
        environment = {name: value for name, value in self.environment.items() if name != "NO_COLOR"} | {"TERM": "vt100", **variables}
        terminal = Terminal([PROGRAM, "doctor", "--home", self.folder / "home"], environment, self.folder)
        self.addCleanup(terminal.close)
        terminal.read_until("(?!)")  # to the end
        self.assertIn("program", terminal.text)
        return terminal.text

    def test_colours_on_a_terminal_alone_and_not_against_the_users_will(self):
        self.assertIn("\x1b[32mok", self.doctors_text())
        self.assertNotIn("\x1b[", self.doctors_text(NO_COLOR="1"))
        self.assertNotIn("\x1b[", self.doctors_text(TERM="dumb"))
        finished = subprocess.run([PROGRAM, "doctor", "--home", self.folder / "home"], env={**self.environment, "TERM": "vt100"}, text=True,
                                  capture_output=True, timeout=SECONDS)
        self.assertIn("program", finished.stdout)
        self.assertNotIn("\x1b[", finished.stdout)

    def test_closed_pipe_is_quiet(self):
        for words in ("man", "--help", "runs", "completion bash"):
            finished = subprocess.run(["bash", "-c", f"'{PROGRAM}' {words} | true; echo ${{PIPESTATUS[0]}}"], cwd=self.folder, env=self.environment,
                                      text=True, capture_output=True, timeout=SECONDS)
            self.assertEqual(finished.stderr, "", words)
            self.assertIn(finished.stdout, ("0\n", "141\n"), words)


if __name__ == "__main__":
    main()
