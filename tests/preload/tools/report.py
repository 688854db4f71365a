# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The matrix on paper: a table for people, and a verdict per cell for the test.

import subprocess

import cases
import table

SECTIONS = (("plain", "secure", "ordinary"), ("good", "secure", "reaches"),
            ("edge", "secure", "edge"), ("bad", "secure", "refuses"),
            ("bad", "insecure", "told not to verify"))


def version(package):
    found = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package],
        capture_output=True, text=True)
    upstream = found.stdout.rpartition(":")[2]
    return upstream.partition("+")[0].partition("-")[0]


def sign(cell, got, want, letters):
    if got != want:
        return "!!"
    if cell.reason:
        return letters[cell.reason]
    return "+" if cell.want == "reached" else "-"


def lines(rows, columns, missing, results):
    cells = {(c.tool.name, c.case.name, c.mode): (c, got, want)
             for c, got, want in results}
    letters = {}
    for cell, _, _ in results:
        if cell.reason:
            letters.setdefault(cell.reason, chr(ord("a") + len(letters)))
    sections = [(mode, heading, [
                    c for c in columns if c.kind == kind or
                    (mode == "insecure" and c.name == cases.RIGHT)])
                for kind, mode, heading in SECTIONS]
    sections = [s for s in sections if s[2]]
    number = {c.name: str(n) for n, c in enumerate(columns)}
    top = second = " " * 30
    for _, heading, inside in sections:
        width = 3 * len(inside)
        top += "|" + heading[:width].ljust(width)
        second += "|" + "".join(number[c.name].rjust(2) + " " for c in inside)
    yield top
    yield second
    for tool in rows:
        which = tool.version or version(tool.package)
        line = f"{tool.name[:19]:19} {which[:9]:9} "
        if tool.name in missing:
            yield f"{line}| skipped: {missing[tool.name]}"
            continue
        for mode, _, inside in sections:
            line += "|"
            for column in inside:
                found = cells.get((tool.name, column.name, mode))
                line += (sign(*found, letters) if found else "").rjust(2) + " "
        yield line.rstrip()
    yield ""
    yield "+ reached, - refused, blank: does not apply, !! not as it must be"
    for name, place in number.items():
        what = next(c.what for c in columns if c.name == name)
        yield f"{place:>2} {name}: {what}"
    for reason, letter in letters.items():
        who = dict.fromkeys(c.tool.name for c, _, _ in results
                            if c.reason == reason)
        outcome = next(c.want for c, _, _ in results if c.reason == reason)
        yield f" {letter} {outcome}: {', '.join(who)}: {reason}"
    for reason in dict.fromkeys(table.SILENT.values()):
        who = [name for name, why in table.SILENT.items() if why == reason]
        yield f" unexplained: {', '.join(who)}: {reason}"


def flat(text):
    return repr(text)[1:-1].replace("\\n", "  ")


def write(directory, rows, columns, missing, results, holes):
    with open(directory + "/table", "w") as file:
        file.writelines(line + "\n" for line in
                        lines(rows, columns, missing, results))
    with open(directory + "/verdicts", "w") as file:
        file.write("every tool, every certificate, told to verify and not\t"
                   f"{'; '.join(holes) or 'a cell'}\ta cell\t\n")
        for name, why in missing.items():
            file.write(f"{name}\tSKIP\t{why}\n")
        for cell, got, want in results:
            description = f"{cell.tool.name}, {cell.case.name}"
            if cell.mode == "insecure":
                description += ", told not to verify"
            description += f": {cell.want}"
            if cell.reason:
                description += f" ({cell.reason})"
            details = flat(cell.details[-1500:]) if got != want else ""
            file.write(f"{description}\t{got}\t{want}\t{details}\n")
