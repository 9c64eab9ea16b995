#compdef iml-plugin
# SPDX-License-Identifier: MIT
# Completion of iml-plugin in zsh. Commands and options are those that the program itself tells.

_iml_plugin_words() {
	"${words[1]}" help "$@" 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\( .*\)*$/\1/p'
}

_iml_plugin_checks() {
	"${words[1]}" help certify 2>/dev/null | tr ',\n' '  ' | sed 's/.* proves: *\([^.]*\)\..*/\1/'
}

# What the runner has of a kind: plugins, classes PLUGIN, scannables, running and paused ones, alerts.
_iml_plugin_live() {
	local program=${words[1]}
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
	local command= i

	for ((i = 2; i < CURRENT; i++)); do
		case ${words[i]} in
		-s | --socket | -w | --wait) ((i++)) ;;
		-*) ;;
		*) command=${words[i]}; break ;;
		esac
	done
	case ${words[CURRENT - 1]} in
	-s | --socket | --config | --directory | --output | --password-file) _files; return ;;
	--check) compadd -- $(_iml_plugin_checks); return ;;
	--sort) compadd -- name state pid cpu memory fds threads scans last mean late mean-late refused restarts id plugin; return ;;
	--plugin) compadd -- $(_iml_plugin_live plugins); return ;;
	-w | --wait | --why | --setting | --period | --scans | --limit | --unset | --password | --password-command | --conninfo | --owner | --runner | --reader | --operator) return ;;
	esac
	case $command,${words[CURRENT]} in
	,-*) compadd -- $(_iml_plugin_words | grep '^-') ;;
	,*) compadd -- $(_iml_plugin_words | grep -v '^-') ;;
	*,-*) compadd -- $(_iml_plugin_words "$command") ;;
	help,*) compadd -- $(_iml_plugin_words | grep -v '^-') ;;
	add,*)
		if [ "${words[CURRENT - 1]}" = add ]; then
			compadd -- $(_iml_plugin_live plugins)
		elif [ "${words[CURRENT - 2]}" = add ]; then
			compadd -- $(_iml_plugin_live classes "${words[CURRENT - 1]}")
		fi ;;
	modify,* | remove,* | rescan,*) [ "${words[CURRENT - 1]}" != "$command" ] || compadd -- $(_iml_plugin_live scannables) ;;
	db,*) compadd -- init migrate check ;;
	pause,*) compadd -- $(_iml_plugin_live running) ;;
	resume,*) compadd -- $(_iml_plugin_live paused) ;;
	classes,*) compadd -- $(_iml_plugin_live all-classes) ;;
	log-level,*)
		[ "${words[CURRENT - 1]}" != log-level ] || compadd -- $(_iml_plugin_live plugins)
		compadd -- debug info warning error default ;;
	dismiss,*) compadd -- $(_iml_plugin_live alerts) ;;
	validate,* | scan,* | certify,*) _files -g '*.so' ;;
	esac
}

_iml_plugin "$@"
