import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { assertClose, computeFigures, type Figures } from '../support/figures.ts';

const folder = new URL('../../examples/analyst/', import.meta.url).pathname;

/** Calls the handler the way a host does, and prints what it answered and sent. */
const caller = `
import base64, json, logging, sys
from types import SimpleNamespace
from analyst import analyse

sent = []
context = SimpleNamespace(
    log=logging.getLogger(),
    artifact=lambda name, **content: sent.append({"name": name, "type": content["media_type"], "svg": content["bytes"].decode()}),
)
given = json.load(sys.stdin)
for file in given.get("files", []):
    if "base64" in file:
        file["bytes"] = base64.b64decode(file.pop("base64"))
print(json.dumps({"answer": analyse(given, context), "sent": sent}))
`;

interface Outcome {
  readonly answer: {
    readonly rows: number;
    readonly columns: Readonly<Record<string, Figures>>;
    readonly status?: string;
    readonly message?: string;
  };
  readonly sent: readonly { readonly name: string; readonly type: string; readonly svg: string }[];
}

function analyse(input: object): Outcome {
  const environment = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout, stderr } = spawnSync('python3', ['-c', caller], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    env: environment,
  });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Outcome;
}

const asFile = (content: string | Uint8Array): object => ({
  files: [{ name: 'table.csv', type: 'text/csv', base64: Buffer.from(content).toString('base64') }],
});

test('the figures equal an independent computation over a table made now', () => {
  const rows = Array.from({ length: 61 }, (_, index) => [
    Math.random() * 1e4 - 5e3,
    Math.floor(Math.random() * 50),
    index,
  ]);
  const csv = ['price,orders,place', ...rows.map(([price, orders, place]) => `${price},${orders},town ${place}`)].join(
    '\n',
  );
  const { answer, sent } = analyse(asFile(csv));
  assert.equal(answer.rows, 61);
  assert.deepEqual(Object.keys(answer.columns), ['price', 'orders']);
  assertClose(answer.columns['price'], computeFigures(rows.map(([price]) => price ?? 0)));
  assertClose(answer.columns['orders'], computeFigures(rows.map(([, orders]) => orders ?? 0)));
  assert.equal(sent.length, 1);
  assert.equal(sent[0]?.type, 'image/svg+xml');
  assert.match(sent[0]?.svg ?? '', /^<svg [^>]+>.*price.*orders.*<\/svg>\n$/s);
});

test('text works like a file; empty cells, other delimiters, quotes and a byte order mark are understood', () => {
  assertClose(analyse({ text: 'a,b\n1,x\n,y\n3,z\n' }).answer.columns['a'], computeFigures([1, 3]));
  const semicolons = analyse(asFile('\uFEFF"first; name";b\r\n"x\ny";-1.5\r\n"";2e3\r\n\r\n')).answer;
  assert.equal(semicolons.rows, 2);
  assertClose(semicolons.columns['b'], computeFigures([-1.5, 2000]));
  assertClose(analyse({ text: 'a\n7' }).answer.columns['a'], computeFigures([7]));
});

test('names in a chart are escaped, and the widest range is drawn', () => {
  const { sent } = analyse({ text: '<b>&,x\n1e150,1\n-1e150,1\n' });
  assert.match(sent[0]?.svg ?? '', /&lt;b&gt;&amp;/);
  assert.doesNotMatch(sent[0]?.svg ?? '', /nan|inf/);
});

test('what is no usable table ends as an error that says where and why', () => {
  const wrong: [object, RegExp][] = [
    [{}, /send a CSV file/],
    [{ text: 'just words' }, /at least one row/],
    [{ text: 'a,b\n1,2\n3\n' }, /Line 3 has the wrong number of cells: 1 instead of 2/],
    [{ text: 'a,a\n1,2\n' }, /Two columns are named a/],
    [{ text: 'a,\n1,2\n' }, /Column 2 has no name/],
    [{ text: 'a,b\nx,y\n' }, /No column has numbers only; there are a, b/],
    [{ text: 'a,b,c\nnan,inf,1e200\n' }, /No column has numbers only/],
    [{ text: 'a,b\n"1,2\n' }, /not CSV/],
    [asFile(new Uint8Array([0x61, 0xff, 0xfe])), /table\.csv is not text in UTF-8 \(byte 1\)/],
    [{ files: [{ name: 'x', url: 'https://example.com/x' }] }, /not its address/],
    [{ files: [{ url: 'a' }, { url: 'b' }] }, /one CSV file, not 2/],
  ];
  for (const [input, message] of wrong) {
    const { answer, sent } = analyse(input);
    assert.equal(answer.status, 'error');
    assert.match(answer.message ?? '', message);
    assert.deepEqual(sent, []);
  }
});
