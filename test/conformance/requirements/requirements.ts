/** A behaviour that somebody else demands of us, and the tests that show it. */
export interface Requirement {
  readonly id: string;
  readonly source: 'security duties of A2A 1.0' | 'beyond the official server 1.3.0';
  readonly behaviour: string;
  /** `file: beginning of the test's name`, from the project's folder. */
  readonly tests: readonly string[];
  /** Set when it cannot be shown on one node with a store of its own. */
  readonly needs?: 'a store that nodes share';
}

const own = 'test/conformance/requirements/requests.test.ts';
const door = 'src/gateway/a2a.test.ts';
const credentials = 'src/gateway/credentials.test.ts';
const webhooks = 'src/tasks/push/webhooks.test.ts';
const push = 'test/integration/push.test.ts';
const http = 'src/drivers/http/http-client.test.ts';

const duties: readonly (readonly [id: string, behaviour: string, tests: readonly string[]])[] = [
  ['SEC-AUTHENTICATE', 'every request is authenticated', [`${credentials}: without a credential, with a wrong`]],
  ['SEC-CHALLENGE', 'who is not let in is told how to get in', [`${door}: a wrong credential is 401 with a challenge`]],
  [
    'SEC-AUTHORIZE',
    'rights are asked for before anything is looked up, and nothing is learned beyond them',
    [`${credentials}: a caller may do what its rights say, and learns nothing beyond`],
  ],
  [
    'SEC-SCOPE',
    'every operation is about the caller’s own tasks; others’ are not there',
    [`${credentials}: each caller sees and touches its own tasks alone`, `${own}: what does not exist is NotFound`],
  ],
  [
    'SEC-VALIDATE',
    'everything that comes in is checked',
    [`${own}: a message with`, 'src/protocol/v1/codec.test.ts: a field that is missing or wrong is named by its path'],
  ],
  [
    'SEC-PUSH-CREDENTIALS',
    'a webhook gets its credentials exactly as they were configured',
    [`${webhooks}: the webhook gets its token and credentials, nobody else does`],
  ],
  [
    'SEC-PUSH-DELIVERY',
    'each event is delivered at least once',
    [`${webhooks}: a webhook that is down is tried again`, `${webhooks}: what was not told before the node stopped`],
  ],
  ['SEC-PUSH-END', 'attempts grow rarer and end', [`${webhooks}: a webhook that stays down or refuses is given up`]],
  [
    'SEC-CAPABILITY',
    'what the card does not claim is refused with its own error',
    [`${door}: over HTTP+JSON, `, `${door}: over JSON-RPC, `],
  ],
  ['SEC-CONTEXT', 'a context that does not fit is refused', [`${own}: a context that is not the task’s is refused`]],
  [
    'SEC-STREAMS',
    'all streams of a task have the same events in the same order; closing one affects no other',
    [`${own}: two readers of a task see the same events`, 'src/gateway/streams.test.ts: a reader that leaves ends'],
  ],
  [
    'SEC-SECRETS',
    'no secrets in logs, answers and errors',
    [
      `${own}: the credentials of a webhook are in no answer, no log and no error`,
      'src/security/redact.test.ts: values under names that sound secret are masked',
    ],
  ],
  [
    'SEC-LIMITS',
    'a caller over its limit is told how long to wait',
    [`${credentials}: over its limit a caller gets 429`, 'src/gateway/streams.test.ts: more streams than the limit'],
  ],
  [
    'SEC-SSRF',
    'where a webhook’s address leads is looked at when it is connected to, and at redirects',
    [
      `${push}: a webhook that leads elsewhere is not followed`,
      `${push}: a webhook at `,
      `${http}: a loopback address is not called unless it is allowed`,
      'src/drivers/http/public-address.test.ts: private, loopback, link-local',
    ],
  ],
  ['SEC-SIGNED', 'what webhooks are sent is signed', [`${webhooks}: what is sent is signed`]],
];

const gaps: readonly (readonly [id: string, behaviour: string, tests: readonly string[]])[] = [
  ['GAP-SUBSCRIBE-ELSEWHERE', 'subscribing on another node follows the task', []],
  ['GAP-CANCEL-ELSEWHERE', 'cancelling on another node stops the work', []],
  [
    'GAP-KILL',
    'after kill -9 every acknowledged task goes on or ends',
    ['test/faults/kill-node.test.ts: a node killed at random points under load'],
  ],
  [
    'GAP-LONG-STREAM',
    'a stream of 4,000 chunks costs no more per chunk than a short one',
    ['test/faults/many-chunks.test.ts: a task of 4,000 chunks gives all of them'],
  ],
  [
    'GAP-SLOW-READER',
    'a reader that never reads costs no memory',
    ['test/faults/slow-reader.test.ts: a reader that stops reading costs no memory'],
  ],
  [
    'GAP-WEBHOOK',
    'webhooks are neither inward nor redirected, are tried again and are signed',
    [
      `${push}: a webhook that leads elsewhere is not followed`,
      `${webhooks}: a webhook that is down is tried again`,
      `${webhooks}: what is sent is signed`,
    ],
  ],
  [
    'GAP-BODY',
    'a body over 100 kB is taken, and one over the limit refused as JSON',
    [`${own}: a body of megabytes is taken`, `${door}: a body over the limit is 413 in the words of its wire`],
  ],
  ['GAP-VERSION', 'the version may be in the query, with a patch number', [`${own}: the version may be in the query`]],
  [
    'GAP-VALIDATION',
    'empty parts, a missing or wrong role, a negative historyLength and a wrong media type are refused',
    [`${own}: a message with`, `${own}: a media type that is not JSON is refused`],
  ],
  [
    'GAP-TWICE',
    'the same send twice is one task for who asks for it',
    [
      `${own}: the same message id twice is two tasks, unless`,
      'test/integration/idempotent-send.test.ts: a send that comes',
    ],
  ],
  ['GAP-RETENTION', 'finished tasks are removed', [`${own}: a finished task is gone after the time`]],
];

const elsewhere: ReadonlySet<string> = new Set(['GAP-SUBSCRIBE-ELSEWHERE', 'GAP-CANCEL-ELSEWHERE']);

/** All that is demanded beside what the official suite tests. */
export const requirements: readonly Requirement[] = [
  ...duties.map(([id, behaviour, tests]) => ({ id, source: 'security duties of A2A 1.0' as const, behaviour, tests })),
  ...gaps.map(([id, behaviour, tests]) => ({
    id,
    source: 'beyond the official server 1.3.0' as const,
    behaviour,
    tests,
    ...(elsewhere.has(id) && { needs: 'a store that nodes share' as const }),
  })),
];
