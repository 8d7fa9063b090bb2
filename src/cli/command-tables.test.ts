import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Command } from 'commander';
import { formatCommandRows, formatCommonRows, formatOptionRows } from './command-tables.fixture.ts';
import { exitCodes } from './exit-code.ts';
import { type AddCommands, loadCommands } from './load-commands.ts';
import { createProgram, leavesOf } from './program.ts';

const documentation = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

const commands = await loadCommands(undefined);

function create(added: readonly AddCommands[] = commands): Command {
  return createProgram({ run: () => async () => {}, exitCode: 0 }, added);
}

function rowsUnder(heading: string): readonly string[] {
  const section = documentation.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
}

test('docs/cli.md has exactly the commands and options of the program', () => {
  assert.deepEqual(rowsUnder('Commands'), formatCommandRows(create()));
  assert.deepEqual(rowsUnder('Options of all commands'), formatCommonRows(create()));
  assert.deepEqual(rowsUnder('Options of single commands'), formatOptionRows(create()));
});

test('a command line loads the command that it begins with, and no other; one that begins with none loads all', async () => {
  for (const name of create()
    .commands.map((command) => command.name())
    .filter((name) => name !== 'completion')) {
    const loaded = create(await loadCommands(name)).commands.map((command) => command.name());
    assert.ok(loaded.includes(name), `${name} is not loaded by its name`);
    assert.ok(loaded.length <= 3, `${name} loads ${loaded.join(', ')}`);
  }
  for (const word of ['completion', '--help', 'lsit']) assert.deepEqual(await loadCommands(word), commands);
});

test('docs/cli.md has exactly the exit codes of the program', () => {
  const documented = rowsUnder('Exit codes').map((row) => Number(row.split('|')[1]));
  assert.deepEqual(documented, Object.values(exitCodes));
});

test('the help of every command has examples, and each begins with the command', () => {
  for (const command of leavesOf(create())) {
    let help = '';
    command
      .configureOutput({
        writeOut: (text) => {
          help += text;
        },
      })
      .outputHelp();
    const examples = help.split('Examples:\n')[1] ?? '';
    assert.match(examples, new RegExp(wordsOf(command)));
  }
});

/** Such as `parley log topics list`. */
function wordsOf(command: Command): string {
  return command.parent === null ? 'parley' : `${wordsOf(command.parent)} ${command.name()}`;
}
