import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const framesFile = fileURLToPath(new URL('./frames.ts', import.meta.url));
const documentFile = fileURLToPath(new URL('../../../docs/worker-protocol.md', import.meta.url));

/** The members of a union of object types in frames.ts, by discriminator: their other fields, `?` behind the optional ones. */
function readUnion(source: ts.SourceFile, name: string, discriminator: string | undefined): Map<string, string[]> {
  const alias = source.statements.filter(ts.isTypeAliasDeclaration).find((statement) => statement.name.text === name);
  assert.ok(alias !== undefined && ts.isUnionTypeNode(alias.type), `frames.ts has no union ${name}`);
  return new Map(alias.type.types.map((member) => readMember(member, source, discriminator)));
}

function readMember(member: ts.TypeNode, source: ts.SourceFile, discriminator: string | undefined): [string, string[]] {
  assert.ok(ts.isTypeLiteralNode(member));
  const fields = member.members.filter(ts.isPropertySignature);
  const names = fields.map((field) => field.name.getText(source) + (field.questionToken === undefined ? '' : '?'));
  if (discriminator === undefined) return [names[0] ?? '', names.slice(1)];
  const tag = fields.find((field) => field.name.getText(source) === discriminator)?.type?.getText(source) ?? '';
  return [tag.replaceAll("'", ''), names.filter((field) => field !== discriminator)];
}

/** The table below a heading of the document: first column, and the names in the second. */
function readTable(document: string, heading: string): Map<string, string[]> {
  const section = document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.map((row) => {
      const [, first = '', second = ''] = row.split('|');
      return [namesIn(first)[0] ?? '', namesIn(second)];
    }),
  );
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

suite('docs/worker-protocol.md', () => {
  const document = readFileSync(documentFile, 'utf8');
  const source = ts.createSourceFile(framesFile, readFileSync(framesFile, 'utf8'), ts.ScriptTarget.Latest, true);
  const tables: readonly (readonly [string, string, string | undefined])[] = [
    ['Frames from the node', 'NodeFrame', 'type'],
    ['Frames from the worker', 'WorkerFrame', 'type'],
    ['Events', 'WireEvent', 'kind'],
    ['Parts', 'WirePart', undefined],
    ['How code is found', 'HandlerSpec', 'adapter'],
  ];
  for (const [heading, union, discriminator] of tables) {
    test(`the table "${heading}" has the members and fields of ${union}`, () => {
      assert.deepEqual(readTable(document, heading), readUnion(source, union, discriminator));
    });
  }

  test('the version is the one in the code', () => {
    const version = /workerProtocolVersion = (\d+)/.exec(source.text)?.[1];
    assert.match(document, new RegExp(`Version ${version}\\.`));
  });
});
