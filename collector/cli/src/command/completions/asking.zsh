
# The names that may stand next, and what stood before where there are none.
_dogwatch_named() {
    local -a names
    names=(${(f)"$(dogwatch __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)"})
    if (( $#names )); then
        compadd -a names
    else
        _dogwatch "$@"
    fi
}
compdef _dogwatch_named dogwatch
[ "$funcstack[1]" != "_dogwatch" ] || _dogwatch_named "$@"
