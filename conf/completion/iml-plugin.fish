# SPDX-License-Identifier: MIT
# Completion of iml-plugin in fish. Commands and options are those that the program itself tells.

function __iml_plugin_words
    iml-plugin help $argv 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z-]*\)\( .*\)*$/\1/p'
end

function __iml_plugin_checks
    iml-plugin help certify 2>/dev/null | tr ',\n' '  ' | sed 's/.* proves: *\([^.]*\)\..*/\1/' | string split -n ' '
end

# What the runner has of a kind: plugins, classes PLUGIN, scannables, running and paused ones, alerts.
function __iml_plugin_live
    switch $argv[1]
        case plugins
            iml-plugin --json status 2>/dev/null | sed -n 's/^ *"name": "\([^"]*\)".*/\1/p'
        case classes
            iml-plugin --json list 2>/dev/null | awk -F '"' '/^ *"class": /{class = $4} /"scannable": *true/{print class}' | sed -n "s/^$argv[2]\.//p"
        case all-classes
            iml-plugin --json list --all 2>/dev/null | sed -n 's/^ *"class": "\([^"]*\)".*/\1/p'
        case scannables
            iml-plugin --json status 2>/dev/null | sed -n 's/^ *"id": *\([0-9]*\).*/\1/p'
        case running
            iml-plugin --json status 2>/dev/null | awk '/^ *"id": *[0-9]/{gsub(/[^0-9]/, ""); id = $0} /"paused": *null/ && id != ""{print id; id = ""}'
        case paused
            iml-plugin --json status 2>/dev/null | awk '/^ *"id": *[0-9]/{gsub(/[^0-9]/, ""); id = $0} /"paused": *[{]/ && id != ""{print id; id = ""}'
        case alerts
            iml-plugin alerts --all 2>/dev/null | sed -n 's/^ *\([0-9][0-9]*\) .*/\1/p'
    end
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

    if __iml_plugin_after -s --socket --config --directory --output --password-file
        __fish_complete_path $typed
    else if __iml_plugin_after --check
        __iml_plugin_checks
    else if __iml_plugin_after --sort
        string join \n name state pid cpu memory fds threads scans last mean late mean-late refused restarts id plugin
    else if __iml_plugin_after --plugin
        __iml_plugin_live plugins
    else if __iml_plugin_after -w --wait --why --setting --period --scans --limit --unset --password --password-command --conninfo --owner --runner --reader --operator
        return
    else if string match -q -- '-*' $typed
        __iml_plugin_words $command | string match -r '^-.*'
    else if test -z "$command"; or test "$command" = help
        __iml_plugin_words | string match -rv '^-'
    else if __iml_plugin_after add
        __iml_plugin_live plugins
    else if test "$command" = add; and test (commandline -opc)[-2] = add
        __iml_plugin_live classes (commandline -opc)[-1]
    else if __iml_plugin_after modify remove rescan
        __iml_plugin_live scannables
    else if test "$command" = db
        string join \n init migrate check
    else if test "$command" = pause
        __iml_plugin_live running
    else if test "$command" = resume
        __iml_plugin_live paused
    else if test "$command" = classes
        __iml_plugin_live all-classes
    else if test "$command" = log-level
        __iml_plugin_after log-level; and __iml_plugin_live plugins
        string join \n -- debug info warning error default
    else if test "$command" = dismiss
        __iml_plugin_live alerts
    else if contains -- $command validate scan certify
        set -l found $typed*.so $typed*/
        string join \n -- $found
    end
end

complete -c iml-plugin -f -a '(__iml_plugin_complete)'
