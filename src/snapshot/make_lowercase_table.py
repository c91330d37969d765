#!/usr/bin/env python3
"""Writes lowercase_table.inc: how Python's str.lower maps each code point, as ranges.

The service's content hash orders files by the lower case that Python gives, so Python itself is the source.
Usage: python3 make_lowercase_table.py > lowercase_table.inc
"""
import sys
import unicodedata

SURROGATES = range(0xD800, 0xE000)
SPECIAL = {0x130, 0x3A3}  # one becomes two code points, one depends on its neighbours


def code_points():
    return (c for c in range(sys.maxunicode + 1) if c not in SURROGATES)


def mappings():
    """(first, last, step, difference) of runs of code points with the same difference to their lower case."""
    runs = []
    for c in code_points():
        lower = chr(c).lower()
        if c in SPECIAL or lower == chr(c):
            continue
        if len(lower) != 1:
            raise SystemExit(f"U+{c:04X} has a lower case of {len(lower)} code points; teach lowercase.cpp about it")
        difference = ord(lower) - c
        if runs and runs[-1][3] == difference:
            first, last, step, _ = runs[-1]
            gap = c - last
            if gap <= 2 and (first == last or gap == step):
                runs[-1] = (first, c, gap, difference)
                continue
        runs.append((c, c, 1, difference))
    return runs


def ranges(accepts):
    found = []
    for c in code_points():
        if accepts(chr(c)):
            if found and found[-1][1] == c - 1:
                found[-1] = (found[-1][0], c)
            else:
                found.append((c, c))
    return found


def is_ignorable(character):
    """Case-ignorable: the final sigma is found across it."""
    return not is_cased(character) and ("A" + character + "\u03a3").lower()[-1] == "\u03c2"


def is_cased(character):
    """Cased and not case-ignorable: a sigma right behind it is a final one."""
    return (character + "\u03a3").lower()[-1] == "\u03c2"


def rows(items, form):
    line = ""
    for item in items:
        text = form(item)
        if line and len(line) + len(text) + 1 > 116:
            yield "    " + line
            line = ""
        line = f"{line} {text}" if line else text
    yield "    " + line


def table(kind, name, items, form):
    print(f"constexpr {kind} {name}[] = {{")
    print("\n".join(rows(items, form)))
    print("};")


print(f"// Made by make_lowercase_table.py from Unicode {unicodedata.unidata_version}; do not edit.")
table("LowercaseRun", "kLowercaseRuns", mappings(), lambda r: f"{{0x{r[0]:X}, 0x{r[1]:X}, {r[2]}, {r[3]}}},")
table("CodePointRange", "kCasedRanges", ranges(is_cased), lambda r: f"{{0x{r[0]:X}, 0x{r[1]:X}}},")
table("CodePointRange", "kCaseIgnorableRanges", ranges(is_ignorable), lambda r: f"{{0x{r[0]:X}, 0x{r[1]:X}}},")
