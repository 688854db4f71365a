# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# complete.bash DIR WORD... CURRENT: what bash offers for the last word, one a
# line, with the completions of DIR; for completion.test.

dir=$1
shift
. /usr/share/bash-completion/bash_completion
. "$dir/matrix-resolve.bash"
. "$dir/matrix-run.bash"

# There is no line to edit here.
compopt() { :; }

COMP_WORDS=()
for word; do
    # As readline does, which breaks words here.
    while [[ $word == *=* ]]; do
        COMP_WORDS+=("${word%%=*}" '=')
        word=${word#*=}
    done
    COMP_WORDS+=("$word")
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
COMP_KEY=9
COMPREPLY=()

function=$(complete -p "$1" | sed 's/.* -F \([^ ]*\) .*/\1/')
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]% }"
