// PURE. Completion for shells, as scripts that know all words and ask nobody: what follows commands and options is the shell's own
// (files).
import type { CommandWords } from './command-table.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const completionScript: Readonly<Record<Shell, (table: readonly CommandWords[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Text in single quotes, as bash and zsh read it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** As fish does. */
const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Alternatives of a `case`: all commands. */
const placesOf = (table: readonly CommandWords[]): string[] => table.flatMap(({ at }) => (at === '' ? [] : [at]));

function bashScript(table: readonly CommandWords[]): string {
  const cases = table.map(({ at, commands, options }) => {
    const words = [...commands.map(({ word }) => word), ...options.map(({ word }) => word)];
    return `    ${quoted(at)}) words=${quoted(words.join(' '))} ;;`;
  });
  return `# longhaul in bash; in ~/.bashrc: source <(longhaul completion bash)
_longhaul() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${placesOf(table).map(quoted).join(' | \\\n      ')})
        at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _longhaul longhaul
`;
}

function zshScript(table: readonly CommandWords[]): string {
  const entry = ({ word, about }: { readonly word: string; readonly about: string }) =>
    quoted(`${word}:${about.replaceAll('\\', '\\\\').replaceAll(':', '\\:')}`);
  const cases = table.map(
    ({ at, commands, options }) =>
      `    (${quoted(at)}) verbs=(${commands.map(entry).join(' ')}) options=(${options.map(entry).join(' ')}) ;;`,
  );
  return `#compdef longhaul
# longhaul in zsh; in ~/.zshrc, after compinit: source <(longhaul completion zsh)
_longhaul() {
  local at='' word
  local -a verbs options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      (${placesOf(table).map(quoted).join('|')}) at="$at $word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe -o option options
  elif (( \${#verbs} )); then
    _describe command verbs || _files
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _longhaul ]]; then _longhaul "$@"; else compdef _longhaul longhaul; fi
`;
}

function fishScript(table: readonly CommandWords[]): string {
  const lines = table.flatMap(({ at, commands, options }) => {
    const here = `complete -c longhaul -n ${fishQuoted(`__longhaul_at ${fishQuoted(at)}`)}`;
    return [
      ...commands.map(({ word, about }) => `${here} -a ${word} -d ${fishQuoted(about)}`),
      ...options.map(({ word, short, about, takesValue }) => {
        const dashed = short === undefined ? '' : ` -s ${short.slice(1)}`;
        return `${here} -l ${word.slice(2)}${dashed}${takesValue ? ' -r' : ''} -d ${fishQuoted(about)}`;
      }),
    ];
  });
  return `# longhaul in fish: longhaul completion fish > ~/.config/fish/completions/longhaul.fish
function __longhaul_at
    set -l at ''
    for word in (commandline -opc)[2..]
        switch "$at $word"
            case ${placesOf(table).map(fishQuoted).join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}
