# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for matrix-resolve(1). Options are those that its help names.

# Names are known of servers that were looked up.
_matrix_resolve_names() {
    "$1" cache show 2>/dev/null | awk '{ print $2 }'
}

_matrix_resolve() {
    local cur prev words cword split
    # Not at `:`, which is part of names, and of what is completed by them.
    _init_completion -s -n : || return

    case $prev in
        --spec)
            mapfile -t COMPREPLY < <(compgen -W 'draft v1' -- "$cur")
            return
            ;;
        --format)
            mapfile -t COMPREPLY < <(compgen -W \
                'human json fedtester tap nagios prometheus' -- "$cur")
            return
            ;;
        --expect)
            mapfile -t COMPREPLY < <(compgen -W 'reachable unreachable' \
                -- "$cur")
            return
            ;;
        --color | --colour)
            mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
            return
            ;;
        --cacert | --file | -f)
            _filedir
            return
            ;;
        --capath)
            _filedir -d
            return
            ;;
        --timeout | --dns | --user-agent | --jobs | --watch | -[twc] | \
            --warning | --critical)
            return
            ;;
    esac
    $split && return

    local word found command=("$1")
    case $cur in
        -*)
            [ "${words[1]}" != check ] || command+=(check)
            found=$("${command[@]}" --help 2>/dev/null |
                grep -oE -e '(^|[ ,])--?[[:alnum:]][-[:alnum:]]*=?' |
                sed 's/^[ ,]*//')
            ;;
        +*) found='+trace +short +json' ;;
        *)
            found=$(_matrix_resolve_names "$1")
            case ${words[*]:1:cword-1} in
                '')
                    found+=" resolve $("$1" --help 2>/dev/null |
                        sed -n 's/.*matrix-resolve \([a-z]\+\).*/\1/p')"
                    ;;
                cache) found='show flush' ;;
            esac
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$found" -- "$cur" | sort -u)
    for word in "${COMPREPLY[@]}"; do
        [[ $word != *= ]] || compopt -o nospace
    done
    __ltrim_colon_completions "$cur"
} &&
    complete -F _matrix_resolve matrix-resolve
