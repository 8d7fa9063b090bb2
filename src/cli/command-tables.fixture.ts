import type { Command, Option } from 'commander';
import { leavesOf } from './program.ts';

/** The rows of docs/cli.md: every command as it is written, with what it does. */
export function formatCommandRows(program: Command): readonly string[] {
  return leavesOf(program).map(
    (command) => `| \`${pathOf(command)}${argumentsOf(command)}\` | ${command.description()} |`,
  );
}

/** The rows of docs/cli.md: every option that not all commands have. */
export function formatOptionRows(program: Command): readonly string[] {
  const common = new Set(program.options.map(({ long }) => long));
  return leavesOf(program).flatMap((command) => {
    const own = command.options.filter(({ long }) => !common.has(long));
    return own.map((option) => `| \`${pathOf(command)}\` | \`${option.flags}\` | ${meaningOf(option)} |`);
  });
}

/** The rows of docs/cli.md: the options that all commands have. */
export function formatCommonRows(program: Command): readonly string[] {
  const common = program.options.filter(({ long }) => long !== '--version');
  return common.map((option) => `| \`${option.flags}\` | ${meaningOf(option)} |`);
}

function pathOf(command: Command): string {
  const parent = command.parent;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}

function argumentsOf(command: Command): string {
  const names = command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return names.map((name) => ` ${name}`).join('');
}

function meaningOf({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`;
  const fallback =
    defaultValue === undefined || typeof defaultValue === 'boolean' ? '' : ` (default ${String(defaultValue)})`;
  return `${description}${choices}${fallback}`;
}
