import { z } from 'zod';
import type { Part } from '../../protocol/index.ts';
import type { DeadLetterControl, DeadLetterView } from '../dead-letter-control.ts';
import { countOf, type DescribedRoute, jsonRoute } from './described-route.ts';

const text = z.string();
const name = text.min(1).max(1_024);
const count = z.number().int().min(0);

const head = {
  code: text.describe("An error code, or FAILED for an agent's own answer."),
  reason: text,
  attempts: count.describe('How often the work was handed out.'),
  traceparent: text.optional(),
  failedAtMs: count,
};

const callLetter = z.strictObject({
  kind: z.literal('call'),
  id: text.describe("The task's."),
  agentId: text,
  skill: text,
  ...head,
  contextId: text,
  correlationId: text,
  owner: text.describe('Whose task it is.'),
  submittedAtMs: count,
});

const recordLetter = z.strictObject({
  kind: z.literal('record'),
  id: text.describe('TOPIC:PARTITION:OFFSET@GROUP'),
  group: text,
  topic: text,
  partition: count,
  offset: count,
  key: text.optional(),
  agentId: text.optional().describe('On whose behalf the group reads.'),
  ...head,
  correlationId: text.optional(),
  publishedAtMs: count,
  redrivenAtMs: z.array(count),
  isRedriving: z.boolean().describe('It waits for its group, or is being handled by it.'),
});

const letter = z.discriminatedUnion('kind', [callLetter, recordLetter]);

const callDetail = z.strictObject({
  ...callLetter.shape,
  message: z.looseObject({ messageId: text, parts: z.array(z.looseObject({})) }).describe('What was to be done.'),
  metadata: z.record(text, z.unknown()).optional(),
  dispatches: z.array(z.strictObject({ atMs: count, endpointId: text, attempt: count })),
  redrivenAtMs: z.array(count),
});

const recordDetail = z.strictObject({
  ...recordLetter.shape,
  headers: z.record(text, text),
  value: z.json().optional().describe('As its schema describes it; bytes in it are base64.'),
  schemaId: count.optional().describe('The schema that the record names itself.'),
  text: text.optional().describe('The value, when no schema describes it and it is text.'),
  base64: text.optional().describe('The value, when it is anything else. None of them: there is none.'),
  notDecoded: z.string().optional().describe('Why it is not shown as its schema describes it: the registry is away.'),
});

const filter = {
  agentId: name.optional(),
  code: name.optional(),
  group: name.optional(),
  topic: name.optional(),
  sinceMs: count.optional().describe('Failed at this time or later.'),
};

const query = z.strictObject({
  agent: name.exactOptional(),
  code: name.exactOptional(),
  group: name.exactOptional(),
  topic: name.exactOptional(),
  sinceMs: z.coerce.number().int().min(0).exactOptional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  pageSize: countOf(1, 500, 50),
  pageToken: text.exactOptional().describe('`nextPageToken` of the page before.'),
});

const choice = {
  ids: z.array(name).min(1).max(1_000).optional().describe('These; unset: all that fit the rest.'),
  ...filter,
  limit: z.number().int().min(1).max(1_000).default(100).describe('At most so many in one call, oldest first.'),
  cursor: text.optional().describe('`cursor` of the call before.'),
};

const redriveChoice = z.strictObject({ ...choice, perSecond: z.number().min(0.01).max(1_000).default(10) });
const discardChoice = z.strictObject(choice);

const outcome = z.strictObject({
  done: z.array(text),
  refused: z.array(z.strictObject({ id: text, code: text, message: text })),
  cursor: text.optional().describe('There are more: go on with it.'),
});

/** Routes over what the fabric could not bring to its end. */
export function createDeadLetterRoutes(letters: DeadLetterControl): readonly DescribedRoute[] {
  return [...readingRoutes(letters), ...actingRoutes(letters)];
}

function readingRoutes(letters: DeadLetterControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/dead-letters',
      operationId: 'listDeadLetters',
      summary: 'Tasks and records that could not be brought to their end.',
      query,
      response: z.strictObject({
        letters: z.array(letter),
        nextPageToken: text.describe('Empty on the last page.'),
        totalSize: count,
      }),
      async answer({ query: { agent: agentId, pageSize: limit, pageToken: cursor, ...rest } }) {
        const page = await letters.list({ agentId, limit, cursor, ...rest });
        return { letters: page.letters, nextPageToken: page.cursor ?? '', totalSize: page.total };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/dead-letters/{id}',
      operationId: 'getDeadLetter',
      summary: 'One of them, with what was to be done and each attempt.',
      params: { id: "A letter's id: a task's, or TOPIC:PARTITION:OFFSET@GROUP." },
      response: z.discriminatedUnion('kind', [callDetail, recordDetail]),
      answer: async ({ id }) => toView(await letters.get(id)),
    }),
  ];
}

function actingRoutes(letters: DeadLetterControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/api/v1/dead-letters/redrive',
      operationId: 'redriveDeadLetters',
      summary: 'Hands the original tasks out again, and records to their groups.',
      body: redriveChoice,
      response: outcome,
      answer: ({ body, signal }) => letters.redrive(body, signal),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/dead-letters/discard',
      operationId: 'discardDeadLetters',
      summary: 'Forgets dead letters; their tasks stay failed, their records unhandled.',
      body: discardChoice,
      response: outcome,
      answer: ({ body }) => letters.discard(body),
    }),
  ];
}

/** Bytes travel as base64. */
function toView(found: DeadLetterView): object {
  if (found.kind === 'record') return found;
  return { ...found, message: { ...found.message, parts: found.message.parts.map(toJsonPart) } };
}

function toJsonPart(part: Part): object {
  if (!('raw' in part)) return part;
  const { raw, ...rest } = part;
  return { ...rest, raw: Buffer.from(raw).toString('base64') };
}
