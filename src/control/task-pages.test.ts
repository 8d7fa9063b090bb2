import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Task, TaskPage } from '../protocol/index.ts';
import { type MergedPage, mergeTaskPages } from './task-pages.ts';

function task(id: string, second: number): Task {
  const timestamp = new Date(second * 1_000).toISOString();
  return { id, contextId: 'c', status: { state: 'completed', timestamp }, artifacts: [], history: [] };
}

const tasks: Readonly<Record<string, readonly Task[]>> = {
  a: [task('a9', 9), task('a6', 6), task('a5', 5), task('a1', 1)],
  b: [task('b8', 8), task('b2', 2)],
  c: [],
  d: [task('d7', 7), task('d4', 4), task('d3', 3)],
};
const newestFirst = ['a9', 'b8', 'd7', 'a6', 'a5', 'd4', 'd3', 'b2', 'a1'];

async function fetch(agentId: string, pageSize: number, pageToken: string | undefined): Promise<TaskPage> {
  const all = tasks[agentId] ?? [];
  const start = Number(pageToken ?? 0);
  const end = start + pageSize;
  const nextPageToken = end < all.length ? String(end) : '';
  return { tasks: all.slice(start, end), nextPageToken, pageSize, totalSize: all.length };
}

async function readAll(pageSize: number): Promise<MergedPage[]> {
  const pages: MergedPage[] = [];
  let pageToken: string | undefined;
  do {
    const page = await mergeTaskPages({ agentIds: Object.keys(tasks), pageSize, pageToken, fetch });
    pages.push(page);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return pages;
}

test('pages of any size give every task once, newest first', async () => {
  for (const pageSize of [1, 2, 3, 4, 8, 9, 100]) {
    const pages = await readAll(pageSize);
    const ids = pages.flatMap((page) => page.tasks.map((entry) => entry.task.id));
    assert.deepEqual(ids, newestFirst, `pages of ${pageSize}`);
    assert.ok(pages.slice(0, -1).every((page) => page.tasks.length === pageSize));
  }
});

test('every page tells the same total, also when some agents have nothing left', async () => {
  for (const page of await readAll(2)) assert.equal(page.totalSize, 9);
});

test('a token that is not ours is refused', async () => {
  for (const pageToken of ['', 'x', Buffer.from('{"finished":0,"tokens":{"a":1}}').toString('base64url')]) {
    await assert.rejects(mergeTaskPages({ agentIds: ['a'], pageSize: 1, pageToken, fetch }), {
      code: 'INVALID_PARAMS',
    });
  }
});
