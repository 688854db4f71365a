#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# judge_names.py DIRECTORY TEXT...: puts the federation's table (names) beside
# what matrix-resolve printed (draft, v1: JSON lines). Prints a line per name
# and text: description, what was got, what was promised; tabs between.

import csv
import json
import sys

directory = sys.argv[1]


def endpoint(target):
    ip = target["ip"]
    return f"[{ip}]:{target['port']}" if ":" in ip else f"{ip}:{target['port']}"


def facts_got(answer):
    if answer["status"] != "ok":
        return answer["error"]
    targets = sorted(endpoint(target) for target in answer["targets"])
    return " ".join([answer["step"], ",".join(targets),
                     answer["tls_name"] or "-", answer["host"]])


def facts_promised(row, spec):
    if row["host_" + spec] == "-":
        return row[spec]
    targets = sorted(row["targets"].split(","))
    return " ".join([row[spec], ",".join(targets), row["tls_name"],
                     row["host_" + spec]])


with open(f"{directory}/names", encoding="ascii") as file:
    rows = {row["server_name"]: row
            for row in csv.DictReader(file, delimiter="\t")}

for spec in sys.argv[2:]:
    with open(f"{directory}/{spec}", encoding="ascii") as file:
        answers = [json.loads(line) for line in file]
    for answer in answers:
        row = rows[answer["server_name"]]
        if row[spec] == "control":
            continue
        print(f"{spec}: {row['server_name'][:40]}: {row['what']}",
              facts_got(answer), facts_promised(row, spec), sep="\t")
    if len(answers) != len(rows):
        print(f"{spec}: number of answers", len(answers), len(rows), sep="\t")
