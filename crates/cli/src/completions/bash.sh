# Readline splits words at `:` and `=`, which are part of a word here: parts without a blank between them are joined.
_speech_endpoint() {
    local IFS=$'\013' rest=${COMP_LINE:0:COMP_POINT} trimmed i
    local words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=${rest#"${rest%%[![:blank:]]*}"}
        [[ $i -eq 0 || $trimmed != "$rest" ]] && words+=("")
        if ((i == COMP_CWORD)); then
            words[${#words[@]} - 1]+=$trimmed
        else
            words[${#words[@]} - 1]+=${COMP_WORDS[i]}
            rest=${trimmed#"${COMP_WORDS[i]}"}
        fi
    done
    local current=${words[${#words[@]} - 1]}
    COMPREPLY=($(_CLAP_IFS=$IFS _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) SPEECH_COMPLETE=bash \
        speech-endpoint -- "${words[@]}" 2>/dev/null))
    # Readline keeps the part before the last `:` or `=`.
    COMPREPLY=("${COMPREPLY[@]#"${current%"$2"}"}")
    if [[ ${#COMPREPLY[@]} -gt 1 || ${COMPREPLY-} != *[=/:] ]]; then
        compopt +o nospace 2>/dev/null
    fi
}
if [[ ${BASH_VERSINFO[0]} -gt 4 || ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 ]]; then
    complete -o nospace -o bashdefault -o nosort -F _speech_endpoint speech-endpoint
else
    complete -o nospace -o bashdefault -F _speech_endpoint speech-endpoint
fi
