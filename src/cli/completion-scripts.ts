import type { Command } from 'commander';

interface Node {
  /** Names from below the program, `task get`; empty for the program itself. */
  readonly path: string;
  readonly command: Command;
}

/** For bash: commands, then options, then files. */
export function formatBashCompletion(program: Command): string {
  const nodes = listNodes(program, '');
  const steps = nodes.filter(({ path }) => path !== '').map(({ path }) => JSON.stringify(toStep(path)));
  const cases = nodes.map(
    ({ path, command }) => `    ${JSON.stringify(path)}) words="${wordsOf(command).join(' ')}" ;;`,
  );
  return `# parley completion for bash
_parley() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${steps.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _parley parley
`;
}

/** For zsh, by way of its bash mode. */
export function formatZshCompletion(program: Command): string {
  return `#compdef parley\nautoload -U +X bashcompinit && bashcompinit\n${formatBashCompletion(program)}`;
}

/** For fish, with descriptions. */
export function formatFishCompletion(program: Command): string {
  const lines = listNodes(program, '').flatMap(({ path, command }) => {
    const condition = toCondition(path, command);
    const children = command.commands.map((child) => `-f -a ${child.name()} -d ${quote(child.description())}`);
    const options = command.options.map(({ long, short, description }) => {
      const names = [long && `-l ${long.slice(2)}`, short && `-s ${short.slice(1)}`].filter(Boolean).join(' ');
      return `${names} -d ${quote(description)}`;
    });
    return [...children, ...options].map((rest) => `complete -c parley -n ${quote(condition)} ${rest}`);
  });
  return `# parley completion for fish\n${lines.join('\n')}\n`;
}

function listNodes(command: Command, path: string): readonly Node[] {
  const children = command.commands.flatMap((child) => listNodes(child, `${path} ${child.name()}`.trim()));
  return [{ path, command }, ...children];
}

function wordsOf(command: Command): readonly string[] {
  const options = command.options.flatMap(({ long }) => (long === undefined ? [] : [long]));
  return [...command.commands.map((child) => child.name()), ...options, '--help'];
}

// What the loop in the script compares: the path so far, a space, the next word.
function toStep(path: string): string {
  return path.includes(' ') ? path : ` ${path}`;
}

function toCondition(path: string, command: Command): string {
  if (path === '') return '__fish_use_subcommand';
  const seen = path.split(' ').map((name) => `__fish_seen_subcommand_from ${name}`);
  const children = command.commands.map((child) => child.name()).join(' ');
  return [...seen, ...(children === '' ? [] : [`not __fish_seen_subcommand_from ${children}`])].join('; and ');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
