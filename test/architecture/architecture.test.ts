import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../support/project.ts';
import { sourceFiles } from './imports.ts';
import { owners, rooms } from './rooms.ts';
import { findViolations } from './violations.ts';

const maxLines = 500;
const maxPortMembers = 10;
const files = sourceFiles(projectFolder, 'src');
const read = (file: string): string => readFileSync(join(projectFolder, file), 'utf8');

test('every room imports only what the table allows, through doors and without cycles', () => {
  assert.deepEqual(findViolations(projectFolder), []);
});

test('every folder of src is a room of the table', () => {
  const folders = readdirSync(join(projectFolder, 'src'));
  assert.deepEqual(
    folders.filter((folder) => rooms[folder] === undefined),
    [],
  );
});

test('imports between rooms point downwards only', () => {
  const order = Object.keys(rooms);
  const testingMay = (room: string): boolean => room === 'testing' || room === 'cli';
  const upwards = order.flatMap((room, level) =>
    (rooms[room]?.mayImport ?? [])
      .filter((other) => order.indexOf(other) >= level && !testingMay(room))
      .map((other) => `${room} → ${other}`),
  );
  assert.deepEqual(upwards, []);
});

test('every dependency has an owner, and every owned package is a dependency', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const owned = Object.keys(owners).filter((name) => !name.startsWith('node:'));
  assert.deepEqual(owned.sort(), Object.keys(dependencies).sort());
});

test('the environment of the process is read by app and cli alone', () => {
  const readers = files.filter((file) => /\bprocess\.env\b/.test(read(file)) && !/^src\/(app|cli)\//.test(file));
  assert.deepEqual(readers, []);
});

test('only the HTTP driver calls out', () => {
  const outside = files.filter((file) => !file.startsWith('src/drivers/http/') && !file.endsWith('.test.ts'));
  assert.deepEqual(
    outside.filter((file) => callsOut(read(file))),
    [],
  );
});

/** By the global `fetch`, not by a parameter or a method of that name. */
function callsOut(text: string): boolean {
  const ownFetch = /\bfetch\??: |\bconst fetch\b|function fetch\b/.test(text);
  return !ownFetch && /(?<![.\w#])fetch\((?!\w+: )/.test(text);
}

test(`no file has more than ${maxLines} lines`, () => {
  const all = ['src', 'test', 'bench'].flatMap((folder) => sourceFiles(projectFolder, folder));
  const long = all.filter((file) => read(file).split('\n').length > maxLines);
  assert.deepEqual(long, []);
});

test(`no port has more than ${maxPortMembers} members`, () => {
  const wide = files.filter((file) => /(^|\/|-)port\.ts$/.test(file)).flatMap((file) => widePorts(read(file)));
  assert.deepEqual(wide, []);
});

/** Interfaces with a method are ports, those without are data. Relies on the formatter's two spaces. */
function widePorts(text: string): readonly string[] {
  return [...text.matchAll(/^export interface (\w+)[^{]*\{\n(.*?)^\}/gms)].flatMap(([, name = '', body = '']) => {
    const members = body.match(/^ {2}\w[^\n]*/gm) ?? [];
    const isPort = members.some((member) => /^ {2}\w+(<[^(]*>)?\(/.test(member));
    return isPort && members.length > maxPortMembers ? [`${name}: ${members.length} members`] : [];
  });
}
