#compdef iml-plugin
# SPDX-License-Identifier: MIT
# Completion of iml-plugin in zsh. Commands and options are those that the program itself tells.

_iml_plugin_tells() {
	"${words[1]}" help "$@" 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\([ ,].*\)*$/\1/p'
}

if ((CURRENT == 2)); then
	compadd -- $(_iml_plugin_tells)
elif [[ $words[CURRENT] == -* ]]; then
	compadd -- $(_iml_plugin_tells "$words[2]")
else
	case $words[2] in
	help) compadd -- $(_iml_plugin_tells | grep -v '^-') ;;
	validate | scan | certify) _files -g '*.so' ;;
	esac
fi
