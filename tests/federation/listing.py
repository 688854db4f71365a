#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints the names of the private federation and what to expect of each: as a
# table for people, or with --tsv as one line per name for tests:
#   server name, pseudo-hostname, outcome by the draft, by v1, targets, TLS
#   name, Host by the draft, by v1, TLS verdict, description
# The outcome is a step or an error, "control" for a host that is no Matrix
# server. Targets are ADDRESS:PORT with commas between, in the order of
# discovery (which is free among equal SRV priorities); "-" stands for none, and
# for a TLS name that is not sent.

import sys

import names  # noqa: F401  (fills model.CASES)
import model

HEADER = ("server_name", "pseudo_hostname", "draft", "v1", "targets",
          "tls_name", "host_draft", "host_v1", "tls", "what")


def row(case):
    nothing = model.Facts([], "-", "-")
    draft, v1 = case.facts("draft"), case.facts("v1")
    found = draft or v1 or nothing
    return (case.name, case.pseudo_hostname(), case.step, case.v1,
            ",".join(found.targets) or "-", found.tls_name,
            (draft or nothing).host, (v1 or nothing).host, case.tls,
            case.what)


def tsv():
    rows = [HEADER, *map(row, model.CASES)]
    return "".join("\t".join(r) + "\n" for r in rows)


def expected(case):
    if case.step == "control":
        return "not a Matrix server"
    if case.tls != "ok":
        return case.tls if case.tls[:5] == "edge:" else "refuse: " + case.tls
    found = case.facts("draft")
    where = f"Host {found.host}" if found else case.step
    if case.step != case.v1:
        where += f" (v1: {case.v1})"
    return where


def table():
    title = None
    for case in model.CASES:
        if title != case.group.title:
            title = case.group.title
            print(f"\n{title}  ({case.group.v4}N, {case.group.v6}N)\n")
            print(f"{'SERVER NAME':40} {'STEP':4} {'WHAT':38} EXPECTED")
        step = case.step if case.step[0].isdigit() else "-"
        print(f"{case.name:40} {step:4} {case.what:38} {expected(case)}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--tsv"]:
        print(tsv(), end="")
    else:
        table()
