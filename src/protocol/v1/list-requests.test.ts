import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { decodeGetQuery, decodeListQuery } from '../query.ts';
import { v1Codec } from './codec.ts';

function violationOf(run: () => unknown): { readonly field: string } {
  let caught: unknown;
  try {
    run();
  } catch (thrown) {
    caught = thrown;
  }
  assert.ok(hasCode(caught, 'INVALID_PARAMS'), `INVALID_PARAMS expected, got ${String(caught)}`);
  const [violation] = caught.details['violations'] as { field: string }[];
  assert.ok(violation);
  return violation;
}

test('a list request has its default page, and every filter is checked', () => {
  assert.deepEqual(v1Codec.decodeListTasks({}), { pageSize: 50, includeArtifacts: false });
  assert.deepEqual(
    v1Codec.decodeListTasks({
      context_id: 'c',
      status: 'TASK_STATE_INPUT_REQUIRED',
      pageSize: '100',
      pageToken: 'p',
      historyLength: 0,
      statusTimestampAfter: '2026-01-31T12:00:00+01:00',
      includeArtifacts: true,
    }),
    {
      contextId: 'c',
      state: 'input-required',
      pageSize: 100,
      pageToken: 'p',
      historyLength: 0,
      statusTimestampAfterMs: Date.UTC(2026, 0, 31, 11),
      includeArtifacts: true,
    },
  );
  assert.deepEqual(v1Codec.decodeListTasks({ status: 'TASK_STATE_UNSPECIFIED', pageToken: '', state: 'x' }), {
    pageSize: 50,
    includeArtifacts: false,
  });
  const wrong: [object, string][] = [
    [{ pageSize: 0 }, 'pageSize'],
    [{ pageSize: 101 }, 'pageSize'],
    [{ page_size: -1 }, 'pageSize'],
    [{ status: 'completed' }, 'status'],
    [{ status: 99 }, 'status'],
    [{ statusTimestampAfter: 'yesterday' }, 'statusTimestampAfter'],
    [{ statusTimestampAfter: '2026-02-30T00:00:00Z' }, 'statusTimestampAfter'],
    [{ statusTimestampAfter: '2026-02-20' }, 'statusTimestampAfter'],
    [{ statusTimestampAfter: '2026-02-20T25:00:00Z' }, 'statusTimestampAfter'],
    [{ statusTimestampAfter: 5 }, 'statusTimestampAfter'],
    [{ includeArtifacts: 'yes' }, 'includeArtifacts'],
    [{ historyLength: -1 }, 'historyLength'],
  ];
  for (const [json, field] of wrong) {
    assert.equal(violationOf(() => v1Codec.decodeListTasks(json)).field, field, JSON.stringify(json));
  }
});

test('the same filters are read from a query', () => {
  const query = new URLSearchParams(
    'contextId=c&status=TASK_STATE_WORKING&pageSize=7&pageToken=&includeArtifacts=true&statusTimestampAfter=2026-01-31T12:00:00.5Z',
  );
  assert.deepEqual(decodeListQuery(v1Codec, query), {
    contextId: 'c',
    state: 'working',
    pageSize: 7,
    includeArtifacts: true,
    statusTimestampAfterMs: Date.UTC(2026, 0, 31, 12, 0, 0, 500),
  });
  assert.equal(decodeListQuery(v1Codec, new URLSearchParams('include_artifacts=false')).includeArtifacts, false);
  assert.equal(
    violationOf(() => decodeListQuery(v1Codec, new URLSearchParams('includeArtifacts=1'))).field,
    'includeArtifacts',
  );
  assert.equal(violationOf(() => decodeListQuery(v1Codec, new URLSearchParams('pageSize=1000'))).field, 'pageSize');
  assert.deepEqual(decodeGetQuery(v1Codec, 't-1', new URLSearchParams('historyLength=2&id=other')), {
    id: 't-1',
    historyLength: 2,
  });
  assert.equal(
    violationOf(() => decodeGetQuery(v1Codec, 't', new URLSearchParams('historyLength=-2'))).field,
    'historyLength',
  );
});
