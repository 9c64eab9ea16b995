# SPDX-License-Identifier: MIT
# Completion of iml-plugin in bash. Commands and options are those that the program itself tells.

_iml_plugin_words() {
	"${COMP_WORDS[0]}" help "$@" 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\( .*\)*$/\1/p'
}

_iml_plugin_checks() {
	"${COMP_WORDS[0]}" help certify 2>/dev/null | tr ',\n' '  ' | sed 's/.* proves: *\([^.]*\)\..*/\1/'
}

# What the runner has of a kind: plugins, classes PLUGIN, scannables, running and paused ones, alerts.
_iml_plugin_live() {
	local program=${COMP_WORDS[0]}
	case $1 in
	plugins) "$program" --json status | sed -n 's/^ *"name": "\([^"]*\)".*/\1/p' ;;
	classes) "$program" --json list |
		awk -F '"' '/^ *"class": /{class = $4} /"scannable": *true/{print class}' | sed -n "s/^$2\.//p" ;;
	all-classes) "$program" --json list --all | sed -n 's/^ *"class": "\([^"]*\)".*/\1/p' ;;
	scannables) "$program" --json status | sed -n 's/^ *"id": *\([0-9]*\).*/\1/p' ;;
	running) "$program" --json status | awk '/^ *"id": *[0-9]/{gsub(/[^0-9]/, ""); id = $0} /"paused": *null/ && id != ""{print id; id = ""}' ;;
	paused) "$program" --json status | awk '/^ *"id": *[0-9]/{gsub(/[^0-9]/, ""); id = $0} /"paused": *[{]/ && id != ""{print id; id = ""}' ;;
	alerts) "$program" alerts --all | sed -n 's/^ *\([0-9][0-9]*\) .*/\1/p' ;;
	esac 2>/dev/null
}

_iml_plugin() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket | -w | --wait) ((i++)) ;;
		-*) ;;
		*) command=${COMP_WORDS[i]} && break ;;
		esac
	done
	COMPREPLY=()
	case $before in
	-s | --socket | --config | --directory | --output | --password-file)
		compopt -o default 2>/dev/null
		return ;;
	--check)
		mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_checks)" -- "$word")
		return ;;
	--sort)
		mapfile -t COMPREPLY < <(compgen -W "name state pid cpu memory fds threads scans last mean late mean-late refused restarts id plugin" -- "$word")
		return ;;
	--plugin)
		mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live plugins)" -- "$word")
		return ;;
	-w | --wait | --why | --setting | --period | --scans | --limit | --unset | --password | --password-command | --conninfo | --owner | --runner | --reader | --operator)
		return ;;
	esac
	case $command,$word in
	,-*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_words | grep ^-)" -- "$word") ;;
	,*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_words | grep -v ^-)" -- "$word") ;;
	*,-*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_words "$command")" -- "$word") ;;
	help,*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_words | grep -v ^-)" -- "$word") ;;
	add,*)
		if [ "$before" = add ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live plugins)" -- "$word")
		elif [ "${COMP_WORDS[COMP_CWORD - 2]}" = add ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live classes "$before")" -- "$word")
		fi ;;
	modify,* | remove,* | rescan,*)
		[ "$before" != "$command" ] ||
			mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live scannables)" -- "$word") ;;
	db,*) mapfile -t COMPREPLY < <(compgen -W "init migrate check" -- "$word") ;;
	pause,*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live running)" -- "$word") ;;
	resume,*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live paused)" -- "$word") ;;
	classes,*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live all-classes)" -- "$word") ;;
	log-level,*)
		[ "$before" != log-level ] || mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live plugins)" -- "$word")
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "debug info warning error default" -- "$word") ;;
	dismiss,*) mapfile -t COMPREPLY < <(compgen -W "$(_iml_plugin_live alerts)" -- "$word") ;;
	validate,* | scan,* | certify,*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -X '!*.so' -- "$word"; compgen -d -- "$word") ;;
	esac
}

complete -F _iml_plugin iml-plugin
