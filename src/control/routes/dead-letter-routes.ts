import { z } from 'zod';
import type { Part } from '../../protocol/index.ts';
import type { DeadLetterDetail } from '../../tasks/index.ts';
import type { DeadLetterControl } from '../dead-letter-control.ts';
import { countOf, type DescribedRoute, jsonRoute } from './described-route.ts';

const text = z.string();
const name = text.min(1).max(1_024);
const count = z.number().int().min(0);

const letter = z.strictObject({
  taskId: text,
  agentId: text,
  skill: text,
  code: text.describe("An error code, or FAILED for an agent's own answer."),
  reason: text,
  attempts: count.describe('How often the work was handed out.'),
  contextId: text,
  correlationId: text,
  traceparent: text.optional(),
  owner: text.describe('Whose task it is.'),
  submittedAtMs: count,
  failedAtMs: count,
});

const detail = z.strictObject({
  ...letter.shape,
  message: z.looseObject({ messageId: text, parts: z.array(z.looseObject({})) }).describe('What was to be done.'),
  metadata: z.record(text, z.unknown()).optional(),
  dispatches: z.array(z.strictObject({ atMs: count, endpointId: text, attempt: count })),
  redrivenAtMs: z.array(count),
});

const filter = {
  agentId: name.optional(),
  code: name.optional(),
  sinceMs: count.optional().describe('Failed at this time or later.'),
};

const query = z.strictObject({
  agent: name.exactOptional(),
  code: name.exactOptional(),
  sinceMs: z.coerce.number().int().min(0).exactOptional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  pageSize: countOf(1, 500, 50),
  pageToken: text.exactOptional().describe('`nextPageToken` of the page before.'),
});

const choice = {
  taskIds: z.array(name).min(1).max(1_000).optional().describe('These; unset: all that fit the rest.'),
  ...filter,
  limit: z.number().int().min(1).max(1_000).default(100).describe('At most so many in one call, oldest first.'),
  cursor: text.optional().describe('`cursor` of the call before.'),
};

const redriveChoice = z.strictObject({ ...choice, perSecond: z.number().min(0.01).max(1_000).default(10) });
const discardChoice = z.strictObject(choice);

const outcome = z.strictObject({
  done: z.array(text),
  refused: z.array(z.strictObject({ taskId: text, code: text, message: text })),
  cursor: text.optional().describe('There are more: go on with it.'),
});

/** Routes over tasks that the fabric could not bring to their end. */
export function createDeadLetterRoutes(letters: DeadLetterControl): readonly DescribedRoute[] {
  return [...readingRoutes(letters), ...actingRoutes(letters)];
}

function readingRoutes(letters: DeadLetterControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/dead-letters',
      operationId: 'listDeadLetters',
      summary: 'Tasks that could not be brought to their end.',
      query,
      response: z.strictObject({
        letters: z.array(letter),
        nextPageToken: text.describe('Empty on the last page.'),
        totalSize: count,
      }),
      async answer({ query: { agent, code, sinceMs, order, pageSize, pageToken } }) {
        const wanted = { agentId: agent, code, sinceMs, order, limit: pageSize, cursor: pageToken };
        const page = await letters.list(wanted);
        return { letters: page.letters, nextPageToken: page.cursor ?? '', totalSize: page.total };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/dead-letters/{id}',
      operationId: 'getDeadLetter',
      summary: 'One of them, with what was to be done and each attempt.',
      params: { id: 'A task id.' },
      response: detail,
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
      summary: 'Hands the original tasks out again.',
      body: redriveChoice,
      response: outcome,
      answer: ({ body, signal }) => letters.redrive(body, signal),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/dead-letters/discard',
      operationId: 'discardDeadLetters',
      summary: 'Forgets dead letters; their tasks stay failed.',
      body: discardChoice,
      response: outcome,
      answer: ({ body }) => letters.discard(body),
    }),
  ];
}

/** Bytes travel as base64. */
function toView(found: DeadLetterDetail): object {
  return { ...found, message: { ...found.message, parts: found.message.parts.map(toJsonPart) } };
}

function toJsonPart(part: Part): object {
  if (!('raw' in part)) return part;
  const { raw, ...rest } = part;
  return { ...rest, raw: Buffer.from(raw).toString('base64') };
}
