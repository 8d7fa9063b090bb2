/** A behaviour that somebody else demands of us, and the tests that show it. */
export interface Requirement {
  readonly id: string;
  readonly source:
    | 'security duties of A2A 1.0'
    | 'beyond the official server 1.3.0'
    | 'untested by the official suite 1.0-dev';
  readonly behaviour: string;
  /** `file: beginning of the test's name`, from the project's folder. */
  readonly tests: readonly string[];
}

const own = 'test/conformance/requirements/requests.test.ts';
const door = 'src/gateway/a2a.test.ts';
const credentials = 'src/gateway/credentials.test.ts';
const webhooks = 'src/tasks/push/webhooks.test.ts';
const push = 'test/integration/push.test.ts';
const http = 'src/drivers/http/http-client.test.ts';
const cards = 'test/integration/cards.test.ts';
const verify = 'src/protocol/card/verify-card.test.ts';
const bindings = 'test/conformance/requirements/bindings.test.ts';
const authorization = 'test/conformance/requirements/authorization.test.ts';
const tls = 'test/integration/tls.test.ts';

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
      `${webhooks}: a webhook that may not be called is refused before the task begins`,
      `${push}: a webhook that leads elsewhere is not followed`,
      `${push}: a webhook at `,
      `${http}: a loopback address is not called unless it is allowed`,
      'src/drivers/http/public-address.test.ts: private, loopback, link-local',
    ],
  ],
  ['SEC-SIGNED', 'what webhooks are sent is signed', [`${webhooks}: what is sent is signed`]],
];

const gaps: readonly (readonly [id: string, behaviour: string, tests: readonly string[]])[] = [
  [
    'GAP-SUBSCRIBE-ELSEWHERE',
    'subscribing on another node follows the task',
    ['src/tasks/elsewhere.test.ts: a task is read, followed and waited for through the node'],
  ],
  [
    'GAP-CANCEL-ELSEWHERE',
    'cancelling on another node stops the work',
    ['src/tasks/elsewhere.test.ts: a cancel on another node stops the work'],
  ],
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

/** What the suite's own list of requirements has and none of its tests looks at, by the suite's ids. */
const untested: readonly (readonly [id: string, behaviour: string, tests: readonly string[]])[] = [
  [
    'CARD-SIGN-001',
    'a card is in its canonical form (RFC 8785) when it is signed',
    [
      'src/protocol/card/canonical-json.test.ts: the example of RFC 8785 comes out as the RFC has it',
      `${verify}: the canonical form keeps required and optional fields and drops other defaults`,
      `${cards}: the official verifier of the Python SDK takes the card`,
    ],
  ],
  [
    'CARD-SIGN-002',
    'the field `signatures` is not signed',
    [`${verify}: the last form is that of the official SDK`, `${cards}: the card at `],
  ],
  ['CARD-SIGN-003', 'the protected header has alg, typ and kid', [`${cards}: the card at `]],
  [
    'CARD-SIGN-004',
    'a key that is trusted no longer verifies nothing',
    [
      `${verify}: another key, another card, another algorithm`,
      `${cards}: the command line checks a card with the keys that its user has kept`,
    ],
  ],
  [
    'AUTH-TLS-001',
    'others reach the node encrypted, or not without an identity and a setting that says so',
    [
      'test/tls/ports.test.ts: with a certificate the door speaks TLS',
      'test/integration/security.test.ts: a node does not listen where others reach it',
    ],
  ],
  [
    'AUTH-TLS-002',
    'TLS is modern',
    ['test/tls/ports.test.ts: versions of TLS older than the setting says are refused'],
  ],
  [
    'AUTH-SERVER-001',
    'our clients check the certificate of the server',
    [`${tls}: the command line finds a node with TLS by its data folder, and by its address with --ca`],
  ],
  [
    'AUTH-SERVER-002',
    'every request is authenticated',
    [`${credentials}: without a credential, with a wrong`, `${cards}: who has no credential or no right on the agent`],
  ],
  ['AUTH-INTASK-001', 'an agent that needs authorization has a task for it', [`${authorization}: an agent that needs`]],
  ['AUTH-INTASK-002', 'the task goes to auth-required', [`${authorization}: an agent that needs`]],
  ['AUTH-INTASK-003', 'its status says what is needed', [`${authorization}: an agent that needs`]],
  [
    'AUTH-INTASK-004',
    'the agent may get what it needs by a way of its own',
    [`${authorization}: a stream stays open while authorization is waited for`],
  ],
  [
    'AUTH-INTASK-005',
    'streams stay open while authorization is waited for',
    [`${authorization}: a stream stays open while authorization is waited for`],
  ],
  [
    'AUTH-INTASK-006',
    'a message is taken while authorization is waited for',
    [`${authorization}: an agent that needs`],
  ],
  [
    'AUTH-SCOPE-001',
    'rights are asked for with every operation',
    [`${credentials}: a caller may do what its rights say, and learns nothing beyond`],
  ],
  [
    'AUTH-SCOPE-002',
    'what comes out is the caller’s own',
    [
      `${credentials}: each caller sees and touches its own tasks alone`,
      `${cards}: the extended card shows each caller`,
    ],
  ],
  [
    'AUTH-SCOPE-003',
    'what a caller may not see does not exist for it',
    [
      'test/integration/identity.test.ts: callers neither see nor touch the tasks of one another',
      `${cards}: a private skill is called by who has a right that names it, and by nobody else`,
    ],
  ],
  [
    'VER-CLIENT-001',
    'our clients say the version with every request',
    [
      `${own}: every request of our own client says its version`,
      'src/agents/remote/remote-executor.test.ts: the call carries its key, trace and time',
    ],
  ],
  [
    'VER-SERVER-001',
    'a request is answered in the version that it asks for',
    [
      'src/protocol/version.test.ts: an explicit version wins over the grammar',
      'test/integration/old-clients.test.ts: a client of 0.2 finds the card at agent.json',
      `${cards}: every card, on every binding and in every version`,
    ],
  ],
  ['VER-CLIENT-002', 'the patch number does not matter', [`${own}: the version may be in the query`]],
  [
    'BIND-EQUIV-001',
    'every binding can do the same',
    [
      `${bindings}: webhooks are kept, shown and removed in the same way`,
      `${cards}: the extended card shows each caller what it may call, over `,
      'test/integration/task-generation.test.ts: a get that says which generation it knows waits',
    ],
  ],
  [
    'BIND-EQUIV-002',
    'the same call has the same result on every binding',
    [`${bindings}: the same message has the same result`, `${bindings}: a task is the same on every binding`],
  ],
  [
    'BIND-EQUIV-003',
    'the same error has its code on every binding',
    [`${bindings}: what is refused is refused on every binding with the same reason`],
  ],
  [
    'BIND-EQUIV-004',
    'every binding takes the same credentials',
    [`${cards}: every card, on every binding and in every version`, `${cards}: who has no credential or no right`],
  ],
  ['GRPC-SVC-003', 'gRPC speaks TLS', [`${tls}: gRPC speaks TLS on the node’s port and on a deployment’s own`]],
];

/** All that is demanded beside what the official suite tests. */
export const requirements: readonly Requirement[] = [
  ...duties.map(([id, behaviour, tests]) => ({ id, source: 'security duties of A2A 1.0' as const, behaviour, tests })),
  ...untested.map(([id, behaviour, tests]) => ({
    id,
    source: 'untested by the official suite 1.0-dev' as const,
    behaviour,
    tests,
  })),
  ...gaps.map(([id, behaviour, tests]) => ({
    id,
    source: 'beyond the official server 1.3.0' as const,
    behaviour,
    tests,
  })),
];
