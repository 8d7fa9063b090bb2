import assert from 'node:assert/strict';
import { test } from 'node:test';
import picocolors from 'picocolors';
import type { Part, StreamItem, TaskState } from '../../protocol/index.ts';
import type { Terminal } from '../terminal.ts';
import { TaskPrinter } from './task-printer.ts';

const at = '2026-01-01T00:00:00.000Z';

function status(state: TaskState, text?: string): StreamItem {
  const message = text === undefined ? {} : { message: { messageId: 'm', role: 'agent' as const, parts: [{ text }] } };
  return { kind: 'status', update: { taskId: 't1', contextId: 'c1', status: { state, timestamp: at, ...message } } };
}

function artifact(artifactId: string, append: boolean, ...parts: readonly Part[]): StreamItem {
  return {
    kind: 'artifact',
    update: { taskId: 't1', contextId: 'c1', artifact: { artifactId, parts }, append, lastChunk: true },
  };
}

function snapshot(...parts: readonly Part[]): StreamItem {
  const artifacts = [{ artifactId: 'a', parts }];
  return {
    kind: 'task',
    task: { id: 't1', contextId: 'c1', status: { state: 'completed', timestamp: at }, artifacts, history: [] },
  };
}

async function show(
  items: readonly StreamItem[],
  quiet = false,
): Promise<{ out: string; notes: string[]; screen: string }> {
  const colors = picocolors.createColors(false);
  const shown = { out: '', notes: [] as string[], screen: '' };
  const terminal: Terminal = {
    write: (text) => {
      shown.out += text;
      shown.screen += text;
    },
    line: (text) => {
      shown.out += `${text}\n`;
    },
    note: (text) => {
      shown.notes.push(text);
      shown.screen += `${text}\n`;
    },
    colors,
    noteColors: colors,
    status: () => {},
    interactive: false,
  };
  const printer = new TaskPrinter({ terminal, quiet });
  for (const item of items) await printer.show(item);
  printer.finish();
  return shown;
}

test('text comes out as it came, artifacts begin on a line of their own, the last line is ended', async () => {
  const items = [
    artifact('a', false, { text: 'Hel' }),
    artifact('a', true, { text: 'lo' }),
    artifact('b', false, { data: { x: 1 } }),
    artifact('c', false, { text: 'end' }),
  ];
  assert.equal((await show(items)).out, 'Hello\n{\n  "x": 1\n}\nend\n');
});

test('states and files are told beside the payload, the same state once', async () => {
  const file = { raw: Buffer.alloc(1_500), filename: 'a.bin', mediaType: 'x/y' };
  const items = [
    status('working'),
    status('working'),
    status('working', 'half'),
    artifact('a', false, file),
    status('completed'),
  ];
  const { out, notes } = await show(items);
  assert.equal(out, '');
  assert.deepEqual(notes, ['working', 'working: half', 'file a.bin (x/y, 1.5 kB); --output DIR saves it', 'completed']);
});

test('the outcome stands on a line of its own where payload and notes go to one place', async () => {
  const { out, screen } = await show([artifact('a', false, { text: 'Hello' }), status('completed')]);
  assert.deepEqual([out, screen], ['Hello\n', 'Hello\ncompleted\n']);
});

test('a snapshot that follows chunks adds only what was not shown', async () => {
  const items = [
    artifact('a', false, { text: 'one ' }),
    snapshot({ text: 'one ' }, { text: 'two' }),
    snapshot({ text: 'one ' }, { text: 'two' }),
  ];
  assert.equal((await show(items)).out, 'one two\n');
});

test('a quiet printer leaves stdout alone', async () => {
  assert.equal((await show([artifact('a', false, { text: 'x' })], true)).out, '');
});
