#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples.py DIR PAGE...: the examples of manual pages, for examples.test.

An example is a display, `.Dl` or `.Bd -literal`. Comments before it say what
must come of it; in EXAMPLES none may be without:

    .\\" try: STATUS [REGEX]   run by bash, it ends so, and prints a match
    .\\" try with: COMMAND     run this instead; the display is in $example
    .\\" try needs: TOOL...    a named skip where one is missing
    .\\" not tried: REASON

Of a display with lines that begin with `$ ` these are run, and the others are
what is printed, whatever its line breaks. For each example there is then a
directory DIR/N with the files `where`, `text`, `command`, `status`, `regex`,
`output`, `needs` and `reason`, as far as they have something to say.
"""

import os
import re
import sys

ESCAPES = {r"\(dq": '"', r"\(aq": "'", r"\(ga": "`", r"\e": "\\", r"\-": "-",
           r"\&": ""}


def plain(line):
    """A line of mdoc as it is shown."""
    return re.sub(r"\\(\(..|.)", lambda found: ESCAPES[found[0]], line)


def displays(page):
    """Yields (line number, section, comments, lines) of each display."""
    section, comments, inside = "", [], None
    with open(page, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if inside is not None:
                if line == ".Ed":
                    yield start, section, comments, inside
                    inside, comments = None, []
                else:
                    inside.append(plain(line))
            elif line.startswith(r'.\" '):
                comments.append(line[4:])
            elif line.startswith(".Sh "):
                section, comments = line[4:], []
            elif line.startswith(".Dl "):
                yield number, section, comments, [plain(line[4:])]
                comments = []
            elif line.startswith(".Bd -literal"):
                start, inside = number, []
            elif line != ".Pp":
                comments = []


def commands_of(lines):
    """The commands, and what is printed: None if the display has no prompts."""
    if not any(line.startswith("$ ") for line in lines):
        return lines, None
    commands, output = [], []
    for line in lines:
        if line.startswith("$ "):
            commands.append(line[2:])
        elif commands and commands[-1].endswith("\\") and not output:
            commands.append(line)
        else:
            output.append(line)
    return commands, output


def read_comments(comments, where):
    known = {}
    for comment in comments:
        kind, _, value = comment.partition(": ")
        if kind not in ("try", "try with", "try needs", "not tried"):
            sys.exit(f"{where}: what is `{comment}`?")
        known[kind] = value
    return known


def example_of(where, section, comments, lines):
    """The files of an example, by name; none if it is not to be looked at."""
    if not comments and section != "EXAMPLES":
        return None
    known = read_comments(comments, where)
    if "not tried" in known:
        return {"where": where, "reason": known["not tried"]}
    if "try" not in known:
        sys.exit(f"{where}: what must come of this example? See examples.py")
    commands, output = commands_of(lines)
    status, _, regex = known["try"].partition(" ")
    return {"where": where, "text": "\n".join(lines) + "\n",
            "command": known.get("try with", "\n".join(commands)),
            "status": status, "regex": regex,
            "needs": known.get("try needs"),
            "output": " ".join(" ".join(output).split()) if output else None}


def main():
    directory, *pages = sys.argv[1:]
    count = 0
    for page in pages:
        for number, *rest in displays(page):
            where = f"{os.path.basename(page)} line {number}"
            example = example_of(where, *rest)
            if example is None:
                continue
            count += 1
            os.mkdir(f"{directory}/{count}")
            for name, value in example.items():
                if value:
                    with open(f"{directory}/{count}/{name}", "w",
                              encoding="utf-8") as file:
                        file.write(value)


main()
