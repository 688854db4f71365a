#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""options.py WHAT FILE [WORD]: options, one a line, as often as they are there.

For tests that compare what a program takes with what is said of it. WHAT is

    source  what the C source gives to getopt_long()
    help    what is listed in a --help
    page    what items in an mdoc page stand for
    zsh     what a zsh completion offers: its array of_WORD and of_both; without
            WORD the words of _arguments
"""

import re
import sys


def source(text):
    table = text[text.index("struct option LONG[]"):]
    table = table[:table.index("};")]
    short = re.search(r'char SHORT\[\] = "([^"]*)"', text)[1]
    return ["--" + name for name in re.findall(r'\{"([^"]+)"', table)] + \
        ["-" + letter for letter in short if letter not in "+:"]


def help_text(text):
    found = []
    for listed in re.findall(r"^  (-.*?)(?:  |$)", text, re.M):
        found += re.findall(r"(?<![\w-])--?\w[\w-]*", listed)
    return found


def page(text):
    items = re.findall(r"^\.It .*\bFl .*", text, re.M)
    return ["-" + name for item in items
            for name in re.findall(r"\bFl (\S+)", item)]


def zsh(text, word=None):
    if word:
        arrays = re.findall(rf"^local -a of_(?:{word}|both)=\((.*?)^\)", text,
                            re.M | re.S)
        text = "\n".join(arrays)
    found = []
    for line in text.splitlines():
        spec = re.match(r"""\s*["'](?:\([^)]*\))?["']?(\{[^}]*\}|-[\w-]+)""",
                        line)
        if spec:
            found += re.findall(r"--?\w[\w-]*", spec[1])
    return found


def main():
    what, name, *word = sys.argv[1:]
    with open(name, encoding="utf-8") as file:
        read = {"source": source, "help": help_text, "page": page, "zsh": zsh}
        print("\n".join(sorted(read[what](file.read(), *word))))


main()
