#compdef iml-plugin
# SPDX-License-Identifier: MIT
# Completion of iml-plugin in zsh. Commands and options are those that the program itself tells.

_iml_plugin_words() {
	"${words[1]}" help "$@" 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\( .*\)*$/\1/p'
}

_iml_plugin_checks() {
	"${words[1]}" help certify 2>/dev/null | tr ',\n' '  ' | sed 's/.* proves: *\([^.]*\)\..*/\1/'
}

# What the runner has of a kind: plugins, classes PLUGIN, scannables, resources, silences, alerts.
_iml_plugin_live() {
	local program=${words[1]}
	case $1 in
	plugins) "$program" --json status | sed -n 's/^ *"name": "\([^"]*\)".*/\1/p' ;;
	classes) "$program" --json list |
		awk -F '"' '/^ *"class": /{class = $4} /"scannable": *true/{print class}' | sed -n "s/^$2\.//p" ;;
	scannables) "$program" --json status | sed -n 's/^ *"id": *\([0-9]*\).*/\1/p' ;;
	resources) "$program" --json graph | sed -n 's/^ *"id": *\([0-9]*\).*/\1/p' ;;
	silences) "$program" silences | sed -n 's/^ *\([0-9][0-9]*\) .*/\1/p' ;;
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
	-s | --socket | --directory | --output | --password-file) _files; return ;;
	--resource) compadd -- $(_iml_plugin_live resources); return ;;
	--end) compadd -- $(_iml_plugin_live silences); return ;;
	--check) compadd -- $(_iml_plugin_checks); return ;;
	-w | --wait | --setting | --period | --scans | --limit | --unset | --password | --password-command | --since | --until | --for | --why) return ;;
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
	silence,*) [ "${words[CURRENT - 1]}" != silence ] || compadd -- $(_iml_plugin_live resources) ;;
	dismiss,*) compadd -- $(_iml_plugin_live alerts) ;;
	validate,* | scan,* | certify,*) _files -g '*.so' ;;
	esac
}

_iml_plugin "$@"
