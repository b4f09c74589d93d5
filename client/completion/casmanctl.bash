# bash completion for casmanctl(1): casmanctl knows its own words, and casmand the names.
# shellcheck shell=bash

_casmanctl() {
	mapfile -t COMPREPLY < <("$1" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _casmanctl casmanctl
