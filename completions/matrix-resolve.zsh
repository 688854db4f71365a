#compdef matrix-resolve
# SPDX-License-Identifier: LGPL-2.1-or-later
# zsh completion for matrix-resolve(1).

# Names are known of servers that were looked up.
_matrix_resolve_names() {
    local -a names
    names=(${(u)${(f)"$(_call_program names $words[1] cache show 2>/dev/null |
        awk '{ print $2 }')"}})
    _describe -t names 'Matrix server' names
}

_matrix_resolve_words() {
    local -a forms commands known
    forms=('+trace:every step' '+short:rows' '+json:one object')
    if [[ $PREFIX == +* ]]; then
        _describe -t forms 'form of output' forms
    elif (( CURRENT == 2 )); then
        commands=('cache:what is remembered' 'check:test a server'
            'resolve:find a server')
        # Of these, what this version knows.
        known=(resolve ${(f)"$(_call_program commands $words[1] --help \
            2>/dev/null | sed -n 's/.*matrix-resolve \([a-z]*\).*/\1/p')"})
        commands=(${(M)commands:#(${(j:|:)~known}):*})
        _describe -t commands command commands
        _matrix_resolve_names
    elif [[ $words[2] == cache ]] && (( CURRENT == 3 )); then
        commands=('show:print it' 'flush:forget it')
        _describe -t commands command commands
    else
        _matrix_resolve_names
    fi
}

local form='--trace --short --json --curl --openssl'
local -a of_resolve=(
    "($form)--trace[every step, and why the next was taken]"
    "($form)--short[rows of ip, port, TLS name, Host]"
    "($form)--json[one JSON object]"
    "($form)--curl[the curl command that reaches it]"
    "($form)--openssl[the openssl command that reaches it]"
    '--spec=[which text of the discovery process]:text:(draft v1)'
    '--no-cache[neither read nor write the caches]'
    '--timeout=[how long it may take]:seconds (0.1 to 10):'
    '--jobs=[so many names at a time]:number (1 to 1024):'
    '--ordered[answers in the order of the names]'
    '--all[flush all of the cache]'
)
local -a of_check=(
    '(--json)--format=[what is printed]:form:(human json fedtester tap nagios prometheus)'
    '(--format)--json[one JSON object]'
    '--strict[warnings give exit status 3]'
    '--expect=[what must come of it]:what:(reachable unreachable)'
    '--watch=[again and again]:seconds:'
    '(-t --timeout)'{-t+,--timeout=}'[how long it may take]:seconds (0.1 to 10):'
    '(-w --warning)'{-w+,--warning=}'[for a certificate that ends sooner]:days:'
    '(-c --critical)'{-c+,--critical=}'[critical, in the Nagios form]:days:'
    '(-H --hostname)'{-H+,--hostname=}'[name of the server]:Matrix server:_matrix_resolve_names'
)
local -a of_both=(
    '(--color --colour)'{--color=,--colour=}'[when to use colours]:when:(auto always never)'
    '(-4 --ipv4 -6 --ipv6)'{-4,--ipv4}'[IPv4 addresses only]'
    '(-4 --ipv4 -6 --ipv6)'{-6,--ipv6}'[IPv6 addresses only]'
    '--cacert=[trust these authorities]:PEM file:_files'
    '--capath=[trust those in this directory]:directory:_files -/'
    '--dns=[ask this DNS server]:address[\:port]:'
    '--user-agent=[for requests]:text:'
    '(-f --file)'{-f+,--file=}'[names from a file, one a line]:file:_files'
    '(- *)'{-h,--help}'[print a summary]'
    '(- *)'{-V,--version}'[print versions and places]'
)
local -a specs command=($words[1])
if [[ $words[2] == check ]]; then
    specs=($of_check $of_both)
    command+=check
else
    specs=($of_resolve $of_both)
fi

# What is new is offered too, if without a word on it.
local option
for option in ${(f)"$(_call_program options $command --help 2>/dev/null |
    grep -oE -e '--[a-z][-a-z]*=?')"}; do
    [[ -n ${(M)specs:#*${option%=}([^-a-z]*|)} ]] || specs+=("$option")
done

_arguments -s $specs '*: :_matrix_resolve_words'
