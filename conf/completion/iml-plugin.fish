# SPDX-License-Identifier: MIT
# Completion of iml-plugin in fish. Commands and options are those that the program itself tells.

function __iml_plugin_words
    iml-plugin help $argv 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\([ ,].*\)*$/\1/p'
end

complete -c iml-plugin -f
complete -c iml-plugin -n __fish_use_subcommand -a '(__iml_plugin_words)'
complete -c iml-plugin -n '__fish_seen_subcommand_from help' \
    -a '(__iml_plugin_words | string match -rv "^-")'
complete -c iml-plugin -n '__fish_seen_subcommand_from validate scan certify' \
    -a '(__fish_complete_suffix .so)'
complete -c iml-plugin -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' \
    -a '(__iml_plugin_words (commandline -opc)[2])'
