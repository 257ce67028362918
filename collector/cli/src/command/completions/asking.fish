
# The names that may stand next, and no files where there are some.
function __dogwatch_ask
    set -l words (commandline -opc)
    set -e words[1]
    set -g __dogwatch_names (dogwatch __complete -- $words "$(commandline -ct)" 2>/dev/null </dev/null)
    test (count $__dogwatch_names) -gt 0
end
complete -c dogwatch -n __dogwatch_ask -f -a '$__dogwatch_names'
