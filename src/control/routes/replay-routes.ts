import { z } from 'zod';
import type { ReplayControl } from '../log/replay-control.ts';
import { countOf, type DescribedRoute, eventRoute, jsonRoute } from './described-route.ts';

const number = z.number().int();
const time = z.coerce.number().int().min(0).exactOptional();

const stateView = z.strictObject({
  kind: z.enum(['task', 'negotiation']),
  id: z.string(),
  version: number.describe('Grows with what has happened.'),
  beganAtMs: number,
  changedAtMs: number,
  hasEnded: z.boolean(),
  state: z.looseObject({}),
});

const trials = z.strictObject({
  against: z.string().min(1).describe("An agent's or a deployment's id."),
  agentId: z.string().exactOptional().describe('Whose tasks; default: those of the agent that is tried.'),
  key: z.string().exactOptional().describe('A task.'),
  correlationId: z.string().exactOptional(),
  partition: time,
  sinceMs: time,
  untilMs: time,
  limit: countOf(1, 10_000, 100),
});

const trial = z.strictObject({
  taskId: z.string(),
  outcome: z.enum(['same', 'different', 'skipped']),
  difference: z
    .strictObject({ pointer: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })
    .optional(),
  reason: z.string().optional(),
  durationMs: number.optional(),
});

const erasure = z.strictObject({
  keys: number.describe('Keys of the party; 0: nothing of it in the log was sealed.'),
  tasks: number.describe('Ended tasks that are gone from the store.'),
  negotiations: number.describe('Ended negotiations whose contents are gone from the store.'),
  open: z.array(z.string()).describe('Tasks and negotiations that go on, and stay.'),
});

/** Routes over what the log and the store have of tasks. */
export function createReplayRoutes(replay: ReplayControl): readonly DescribedRoute[] {
  return [
    eventRoute({
      method: 'GET',
      path: '/api/v1/log/states',
      operationId: 'readStates',
      summary: 'The state of every task and negotiation, to be compared with what is rebuilt from the log.',
      response: stateView,
      events: () => toEvents(replay.states()),
    }),
    eventRoute({
      method: 'POST',
      path: '/api/v1/log/trials',
      operationId: 'tryRecordedTasks',
      summary: 'Sends what recorded tasks were asked for to another deployment, and compares the answers.',
      query: trials,
      response: trial,
      events: ({ query, signal }) => toEvents(replay.trials(query, signal)),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/log/erasures',
      operationId: 'eraseParty',
      summary: 'Takes the data of one principal away, from log and store, for good.',
      body: z.strictObject({ party: z.string().min(1).max(1_000), isDry: z.boolean().default(false) }),
      response: erasure,
      answer: ({ body }) => replay.erase(body.party, body.isDry),
    }),
  ];
}

async function* toEvents(values: AsyncIterable<object>): AsyncGenerator<{ data: string }> {
  for await (const value of values) yield { data: JSON.stringify(value) };
}
