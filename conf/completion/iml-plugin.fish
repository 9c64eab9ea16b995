# SPDX-License-Identifier: MIT
# Completion of iml-plugin in fish. Commands and options are those that the program itself tells.

function __iml_plugin_words
    iml-plugin help $argv 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\( .*\)*$/\1/p'
end

function __iml_plugin_checks
    iml-plugin help certify 2>/dev/null | tr ',\n' '  ' | sed 's/.* proves: *\([^.]*\)\..*/\1/' | string split -n ' '
end

# Writes the command that was typed so far; fails if there is none yet.
function __iml_plugin_command
    set -l words (commandline -opc)
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word -s --socket -w --wait
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return 0
        end
    end
    return 1
end

# Whether the word before the one that is typed is one of these.
function __iml_plugin_after
    contains -- (commandline -opc)[-1] $argv
end

function __iml_plugin_complete
    set -l typed (commandline -ct)
    set -l command (__iml_plugin_command)

    if __iml_plugin_after -s --socket --directory --output --password-file
        __fish_complete_path $typed
    else if __iml_plugin_after --check
        __iml_plugin_checks
    else if __iml_plugin_after -w --wait --setting --period --scans --limit
        return
    else if string match -q -- '-*' $typed
        __iml_plugin_words $command | string match -r '^-.*'
    else if test -z "$command"; or test "$command" = help
        __iml_plugin_words | string match -rv '^-'
    else if contains -- $command validate scan certify
        set -l found $typed*.so $typed*/
        string join \n -- $found
    end
end

complete -c iml-plugin -f -a '(__iml_plugin_complete)'
