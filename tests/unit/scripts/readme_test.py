#!/usr/bin/env python3
"""The README's program is the example's, its links lead somewhere, and its commands exist.  usage: readme_test.py SOURCE-ROOT"""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))


def code_of(text):
    """C++ without comments and spaces, so that the layout may differ."""
    return re.sub(r"\s+", "", "\n".join(re.sub(r"(^|\s)//.*", "", line) for line in text.splitlines()))


class Readme(unittest.TestCase):
    text = (ROOT / "README.md").read_text()

    def test_first_program_is_the_minimal_example(self):
        block = re.search(r"```cpp\n(.*?)```", self.text, re.S).group(1)
        self.assertEqual(code_of(block), code_of((ROOT / "examples/minimal/main.cpp").read_text()))

    def test_links_lead_to_files(self):
        for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
            prose = re.sub(r"```.*?```", "", document.read_text(), flags=re.S)
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", prose):
                if not target.startswith("http"):
                    self.assertTrue((document.parent / target).exists(), f"{document.name} links to {target}")

    def test_commands_are_there(self):
        for command in re.findall(r"^\./(\S+)", self.text, re.M):
            self.assertTrue((ROOT / command).stat().st_mode & 0o111, command)
        names = set(re.findall(r'\{"(\w+)", "', (ROOT / "src/cli/commands.cpp").read_text()))
        for command in re.findall(r"^\$ azureml (\w+)", self.text, re.M):
            self.assertIn(command, names)


if __name__ == "__main__":
    unittest.main()
