#compdef matrix-run
# SPDX-License-Identifier: LGPL-2.1-or-later
# zsh completion for matrix-run(1): its options, then whatever the command
# completes by itself.

_arguments -s -S \
    '(-q --quiet -v --verbose)'{-v,--verbose}'[say where each name leads]' \
    '(-q --quiet -v --verbose)'{-q,--quiet}'[do not say why a name failed]' \
    '--spec=[which text of the discovery process]:text:(draft v1)' \
    '--cacert=[discovery trusts these authorities]:PEM file:_files' \
    '--capath=[discovery trusts those in this directory]:directory:_files -/' \
    '--force[run what the shim cannot help too]' \
    '(--print-env)--shell[run a shell]' \
    '(--shell)--print-env[print the environment for a shell]' \
    '(- *)'{-h,--help}'[print a summary]' \
    '(- *)'{-V,--version}'[print the version]' \
    '(-)1:command:_command_names -e' \
    '*:: :_normal'
