import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { OpenCalls } from './open-calls.ts';
import { createStreamLimit } from './stream-limit.ts';

function createResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

test('a caller has so many streams and no more, whatever others have; one that closes makes room', () => {
  const calls = new OpenCalls(createStreamLimit({ streams: 10, streamsPerCaller: 2 }));
  const first = createResponse();
  calls.open(first).becomeStream('ada');
  calls.open(createResponse()).becomeStream('ada');
  const third = createResponse();
  assert.throws(() => calls.open(third).becomeStream('ada'), { code: 'RATE_LIMITED' });
  third.emit('close');
  calls.open(createResponse()).becomeStream('bob');
  assert.throws(() => calls.open(createResponse()).becomeStream('ada'), { code: 'RATE_LIMITED' });
  first.emit('close');
  calls.open(createResponse()).becomeStream('ada');
  assert.equal(calls.streams, 3);
});

test('without a limit of its own a caller may have all streams that there are', () => {
  const calls = new OpenCalls(createStreamLimit({ streams: 3 }));
  for (let stream = 0; stream < 3; stream++) calls.open(createResponse()).becomeStream('ada');
  assert.throws(() => calls.open(createResponse()).becomeStream('bob'), { code: 'QUEUE_FULL' });
});
