#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""complete.py DIR LINE: what zsh offers at the end of LINE, one a line.

With the completions of DIR; for completion.test. zsh completes at a terminal
only, so it gets one, and a completion widget that writes what it is given to
a file instead of showing it.
"""

import os
import pty
import select
import shutil
import sys
import tempfile
import time

SETUP = r"""
PS1=ready- ; unsetopt zle_bracketed_paste prompt_cr prompt_sp beep
fpath=({there} $fpath)
autoload -Uz compinit && compinit -u -d {there}/dump
zstyle ':completion:*' verbose no
zstyle ':completion:*' menu no
compadd() {{
    local -a offered given=("$@")
    local -i at
    # _describe and others only ask (-O, -A, -D): that must work as ever.
    if [[ ${{given[(i)-[OAD]*]}} -le ${{given[(i)--]}} ]] &&
        [[ ${{given[(r)-[OAD]*]}} != '' ]]; then
        builtin compadd "$@"
        return
    fi
    builtin compadd -O offered "$@"
    print -rl -- ${{IPREFIX}}${{^offered}} >>{there}/offered
    builtin compadd "$@"
}}
finish() {{ zle complete-word; print done >{there}/done }}
zle -N finish
zle -C complete-word complete-word _main_complete
bindkey '^I' finish
setopt no_list_beep list_ambiguous
LISTMAX=10000
print -n go-ahead
"""


def read_until(terminal, wanted, seconds):
    """Reads what the shell prints, until wanted() or for so long."""
    end = time.monotonic() + seconds
    seen = b""
    while not wanted(seen):
        left = end - time.monotonic()
        if left <= 0:
            sys.exit(f"zsh: no answer: {seen!r}")
        if select.select([terminal], [], [], min(left, 0.05))[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break


def start(there):
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", ZDOTDIR=there)
        os.execlp("zsh", "zsh", "-f", "-i")
    return terminal


def main():
    directory, line = sys.argv[1:]
    with tempfile.TemporaryDirectory() as there:
        for name in ("matrix-resolve", "matrix-run"):
            shutil.copy(f"{directory}/{name}.zsh", f"{there}/_{name}")
        with open(f"{there}/setup", "w", encoding="utf-8") as file:
            file.write(SETUP.format(there=there))
        terminal = start(there)
        os.write(terminal, f"source {there}/setup\n".encode())
        read_until(terminal, lambda seen: b"go-ahead" in seen, 20)
        os.write(terminal, line.encode() + b"\t")
        read_until(terminal, lambda _: os.path.exists(f"{there}/done"), 20)
        os.close(terminal)
        try:
            with open(f"{there}/offered", encoding="utf-8") as file:
                offered = file.read().split("\n")
        except FileNotFoundError:
            offered = []
    print("\n".join(sorted(set(word for word in offered if word))))


main()
