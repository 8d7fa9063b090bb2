import { z } from 'zod';
import type { MarketRoles } from '../agents/index.ts';
import type { MarketSettings } from '../market/index.ts';

/** What can be set about the market; docs/market.md says what each means. */
export interface MarketConfig extends Omit<MarketSettings, 'times'> {
  readonly enabled: boolean | 'auto';
  readonly keep: number;
  readonly confirmMs: number;
  readonly startMs: number;
  readonly quietMs: number;
  readonly trustedKeys: Readonly<Record<string, readonly string[]>>;
}

const milliseconds = z
  .number()
  .int()
  .positive()
  .max(2 ** 31 - 1);
const money = z.number().min(0);
const count = z.number().int().positive().max(10_000);

const requester = z.strictObject({
  approveUpTo: money.optional(),
  counterFactor: z.number().min(0).max(1).optional(),
  firstOffer: money.optional(),
  policy: z.string().optional(),
});

const provider = z.strictObject({
  capabilities: z.array(z.string()).optional(),
  maxCost: money.optional(),
  minCost: money.optional(),
  price: money.optional(),
  markup: z.number().min(0).max(1_000).optional(),
  etaMs: milliseconds.optional(),
  executes: z.boolean().optional(),
});

const executor = z.strictObject({
  skill: z.string().optional(),
  concurrency: count.optional(),
  queue: count.optional(),
  own: z.boolean().optional(),
});

const roles: z.ZodType<MarketRoles> = z.strictObject({
  requester: requester.optional(),
  provider: provider.optional(),
  executor: executor.optional(),
}) as z.ZodType<MarketRoles>;

/** The group `market` of the configuration. */
export const marketSchema: z.ZodType<MarketConfig> = z
  .strictObject({
    enabled: z
      .union([z.boolean(), z.literal('auto')])
      .default('auto')
      .describe('Whether work can be put out to tender; `auto`: from when an agent with a role is there.'),
    roles: z
      .record(z.string(), roles)
      .default({})
      .describe(
        'Roles of agents that are no packages, and in place of what packages say; by agent id, as in `agent.yaml` but in camel case.',
      ),
    wire: z
      .enum(['confluent', 'raw'])
      .default('confluent')
      .describe(
        'How records are written: with the head of Confluent’s wire format, or without, for fleets with agents of the original.',
      ),
    sealed: z
      .boolean()
      .default(false)
      .describe(
        'What is asked for, said and done is sealed in the log, so that one party’s can be erased: only nodes of this fabric can read it.',
      ),
    requireSigned: z.boolean().default(false).describe('Records without the signature of a known key are refused.'),
    trustedKeys: z
      .record(z.string(), z.array(z.string().regex(/^ed25519:/)))
      .default({})
      .describe(
        'Keys of agents of other fabrics, `ed25519:…`, by agent id: what is theirs must be signed with one of them.',
      ),
    policy: z
      .string()
      .default('lowest-price')
      .describe(
        'By which policies an offer is chosen, with commas between them, where neither request nor requester says it.',
      ),
    offersMs: milliseconds
      .default(5_000)
      .describe('Offers are taken for so long, unless all known providers have answered.'),
    maxRounds: z.number().int().min(0).max(20).default(3).describe('Counter-offers to each provider at most.'),
    confirmMs: milliseconds.default(10_000).describe('A provider that has not confirmed an award by then loses it.'),
    startMs: milliseconds.default(60_000).describe('An award whose work has not begun by then goes to the next best.'),
    quietMs: milliseconds.default(300_000).describe('Who works and says nothing for so long is given up.'),
    deadlineMs: milliseconds
      .default(3_600_000)
      .describe('What is not done by then has failed, where a request does not say it.'),
    maxOpen: z
      .number()
      .int()
      .positive()
      .default(10_000)
      .describe('Negotiations that may be open; beyond it callers get 429.'),
    maxInputBytes: z
      .number()
      .int()
      .min(1_024)
      .max(512 * 1024)
      .default(256 * 1024)
      .describe('Largest input, and largest result that a record carries, as JSON.'),
    goneMs: milliseconds
      .default(5_000)
      .describe('An agent that takes no calls for so long loses what it was awarded and has not begun.'),
    leaseMs: z
      .number()
      .int()
      .min(500)
      .max(600_000)
      .default(15_000)
      .describe('The awards of a node that is silent for so long are gone on with by another.'),
    progressMs: milliseconds.default(1_000).describe('Least time between two records of how one award goes.'),
    heartbeatMs: milliseconds
      .default(60_000)
      .describe('An executor that has nothing to say says so; less than `quietMs`.'),
    ageingMs: milliseconds.default(30_000).describe('What waits for so long counts as one step of priority more.'),
    keepMs: z
      .number()
      .int()
      .positive()
      .default(7 * 24 * 3_600_000)
      .describe('How long a negotiation is kept.'),
    keep: z.number().int().positive().default(1_000_000).describe('How many negotiations are kept, the newest.'),
  })
  .refine(({ sealed, wire }) => !(sealed && wire === 'raw'), {
    path: ['sealed'],
    message: 'agents of the original, for whom wire is "raw", cannot read what is sealed; choose one of the two',
  })
  .prefault({}) as z.ZodType<MarketConfig>;

/** The settings as the market has them. */
export function toMarketSettings(config: MarketConfig): MarketSettings {
  const { enabled: _enabled, keep: _keep, trustedKeys: _keys, confirmMs, startMs, quietMs, ...settings } = config;
  const { maxRounds, offersMs } = settings;
  const times = { confirmWithinMs: confirmMs, startWithinMs: startMs, quietMs };
  return { ...settings, times: { maxRounds, offersWithinMs: offersMs, ...times } };
}
