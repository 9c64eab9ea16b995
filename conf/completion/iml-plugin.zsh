#compdef iml-plugin
# SPDX-License-Identifier: MIT
# Completion of iml-plugin in zsh. Commands and options are those that the program itself tells.

_iml_plugin_words() {
	"${words[1]}" help "$@" 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\( .*\)*$/\1/p'
}

_iml_plugin_checks() {
	"${words[1]}" help certify 2>/dev/null | tr ',\n' '  ' | sed 's/.* proves: *\([^.]*\)\..*/\1/'
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
	--check) compadd -- $(_iml_plugin_checks); return ;;
	-w | --wait | --setting | --period | --scans | --limit) return ;;
	esac
	case $command,${words[CURRENT]} in
	,-*) compadd -- $(_iml_plugin_words | grep '^-') ;;
	,*) compadd -- $(_iml_plugin_words | grep -v '^-') ;;
	*,-*) compadd -- $(_iml_plugin_words "$command") ;;
	help,*) compadd -- $(_iml_plugin_words | grep -v '^-') ;;
	validate,* | scan,* | certify,*) _files -g '*.so' ;;
	esac
}

_iml_plugin "$@"
