# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for matrix-run(1): its options, which its help names, then
# whatever the command completes by itself.

_matrix_run() {
    local cur prev words cword split
    _init_completion -s || return

    # The command is the first word that is no option and no option's value.
    local i
    for ((i = 1; i < cword; i++)); do
        case ${words[i]} in
            --)
                _command_offset $((i + 1))
                return
                ;;
            --spec | --cacert | --capath) ((i++)) ;;
            -*) ;;
            *)
                _command_offset $i
                return
                ;;
        esac
    done

    case $prev in
        --spec)
            mapfile -t COMPREPLY < <(compgen -W 'draft v1' -- "$cur")
            return
            ;;
        --cacert)
            _filedir
            return
            ;;
        --capath)
            _filedir -d
            return
            ;;
    esac
    $split && return

    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null |
            grep -oE -e '(^|[ ,])--?[[:alnum:]][-[:alnum:]]*' |
            sed 's/^[ ,]*//')" -- "$cur")
    else
        _command_offset "$cword"
    fi
} &&
    complete -F _matrix_run matrix-run
