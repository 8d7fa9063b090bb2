import { z } from 'zod';
import type { NegotiationPhase } from '../../market/index.ts';
import type { NegotiationRequest } from '../market/market-control.ts';

const text = z.string();
const count = z.number().int().min(0);
const cost = z.number().min(0);
const price = z.number().nullable().describe('Null: none was named.');
const parts = z.array(z.looseObject({})).describe('As A2A 1.0 writes them.');

/** What a negotiation can be at. */
export const phases: readonly NegotiationPhase[] = [
  'tendered',
  'awarded',
  'running',
  'completed',
  'failed',
  'withdrawn',
];

/** Work to be put out to tender. */
export const negotiationRequestSchema: z.ZodType<NegotiationRequest> = z.strictObject({
  requesterId: text.min(1).max(200).exactOptional().describe("The agent that asks; unset: the market's own."),
  taskId: text.exactOptional().describe('The same id is the same negotiation; unset: a new one.'),
  description: text.min(1).max(10_000),
  proposedCost: cost.exactOptional().describe('What providers are told that it may cost.'),
  budget: cost.exactOptional().describe('What it may cost at most; no provider is told.'),
  priority: z.number().int().min(1).max(10).exactOptional().describe('Higher goes first; unset: 1.'),
  requiredCapabilities: z.array(text.min(1).max(200)).max(50).exactOptional(),
  deadlineAtMs: count.exactOptional().describe('What is not done by then has failed.'),
  offersMs: z.number().int().min(1).exactOptional().describe('Offers are taken for so long.'),
  maxRounds: count.max(100).exactOptional(),
  policy: text.exactOptional().describe('How it is awarded.'),
  input: parts.max(100).exactOptional().describe('What the executor is handed; unset: the description.'),
});

const offer = z.strictObject({
  providerId: text,
  state: z.enum(['offered', 'rejected', 'gone']),
  price,
  etaMs: z.number().optional(),
  executes: z.boolean(),
  message: text.optional(),
  atMs: count,
});

const award = z.strictObject({
  number: count,
  providerId: text,
  executorId: text.optional(),
  price,
  state: z.enum(['awarded', 'confirmed', 'running', 'completed', 'failed', 'replaced', 'withdrawn']),
  atMs: count,
});

const negotiation = {
  taskId: text,
  requesterId: text,
  description: text,
  phase: z.enum(phases),
  proposedCost: z.number().optional(),
  priority: z.number().int(),
  requiredCapabilities: z.array(text),
  deadlineAtMs: count.optional(),
  offersUntilMs: count.optional(),
  createdAtMs: count,
  updatedAtMs: count,
  offers: z.array(offer).describe('The last word of each provider that has answered.'),
  awards: z.array(award).describe('The last one counts.'),
  rounds: count,
  progress: z.number().min(0).max(1).optional(),
  result: parts.optional(),
  message: text.optional(),
  code: text.optional().describe('An error code, when it failed.'),
};

/** A negotiation as its records say it is. */
export const negotiationSchema: z.ZodObject = z.strictObject(negotiation);

/** A page of a list. */
export const negotiationPageSchema: z.ZodObject = z.strictObject({
  negotiations: z.array(negotiationSchema),
  cursor: text.optional().describe('There are more: go on with it.'),
});

const entry = z.strictObject({
  recordId: text,
  causationId: text.optional().describe('The record that it answers.'),
  topic: text,
  partition: count.optional().describe('Unset as long as it is not published.'),
  offset: count.optional(),
  actorId: text,
  atMs: count,
  isVerified: z.boolean().describe('Its signature is there and right.'),
  value: z.looseObject({}),
});

/** A negotiation with its records. */
export const negotiationThreadSchema: z.ZodObject = z.strictObject({ ...negotiation, records: z.array(entry) });

const queued = z.strictObject({
  taskId: text,
  award: count,
  priority: z.number().int(),
  description: text,
  sinceMs: count,
});

/** An agent with a role. */
export const marketAgentSchema: z.ZodObject = z.strictObject({
  agentId: text,
  roles: z.array(z.enum(['requester', 'provider', 'executor'])),
  isRunning: z.boolean(),
  activeTasks: z.array(text),
  log: text,
  schemaRegistry: text.optional(),
  signingKey: text.optional(),
  requester: z.strictObject({ pendingRequests: z.array(negotiationSchema) }).optional(),
  provider: z
    .strictObject({
      capabilities: z.array(text),
      maxCost: z.number().optional(),
      activeNegotiations: z.array(negotiationSchema),
    })
    .optional(),
  executor: z
    .strictObject({
      queued: z.array(queued),
      running: z.array(queued),
      completedTasks: count,
      failedTasks: count,
      isPaused: z.boolean(),
    })
    .optional(),
});
