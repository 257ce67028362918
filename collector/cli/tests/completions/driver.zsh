# Types each argument into a zsh in a terminal, presses Tab, and prints the line that stands there then.
#
# Run as `zsh -f driver.zsh LINE…` in a folder with the script `_dogwatch` and a program of that name. The lines come back
# between `<` and `>`: Ctrl-X prints them and empties the line.
zmodload zsh/zpty
zpty shell "PATH=$PATH zsh -f -i"
zpty -w shell "PROMPT= RPROMPT=; fpath=($PWD \$fpath); autoload -U compinit; compinit -u -d $PWD/dump;\
 show() { print -r -- \"<\$BUFFER>\"; BUFFER=; zle accept-line }; zle -N show; bindkey '^X' show;\
 unsetopt beep prompt_cr prompt_sp; stty -echo; print READ''Y"
zpty -r shell out '*READY*'
for line in "$@"; do
    zpty -w -n shell "$line"$'\t'$'\x18'
    zpty -r shell out '*<*>*'
    print -r -- "${${out##*<}%%>*}"
done
zpty -d shell
