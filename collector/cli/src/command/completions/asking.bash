
# The names that may stand next, and what stood before where there are none. They are compared one by one and never expanded.
_dogwatch_named() {
    local name names=()
    while IFS= read -r name; do
        [[ $name == "${COMP_WORDS[COMP_CWORD]}"* ]] && names+=("$name")
    done < <(dogwatch __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
    if ((${#names[@]})); then
        COMPREPLY=("${names[@]}")
    else
        _dogwatch "$@"
    fi
}
complete -F _dogwatch_named -o bashdefault -o default dogwatch
