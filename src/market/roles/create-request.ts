import { createHash } from 'node:crypto';
import { ParleyError } from '../../base/index.ts';
import { operator } from '../../security/index.ts';
import { resolveAwardPolicy } from '../policies/award-policy.ts';
import type { MarketRequest } from '../port.ts';
import type { TaskRequest } from '../wire/records.ts';
import type { RequesterPlan } from './negotiation-journal.ts';
import { formatParts } from './read-parts.ts';

/** Where a request says nothing. Times in ms. */
export interface RequestDefaults {
  readonly requesterId: string;
  readonly offersMs: number;
  readonly deadlineMs: number;
  readonly maxRounds: number;
  /** Of the input, as JSON. */
  readonly maxInputBytes: number;
}

/** A request that is ready to be committed. */
export interface NewRequest {
  readonly value: TaskRequest;
  readonly plan: RequesterPlan;
}

const taskId = /^[\w.:-]{1,200}$/;
const maxDescription = 10_000;
const maxCapabilities = 50;
const maxMoney = 1_000_000_000_000;
const maxRounds = 20;

/** A request with its id. */
export type NamedRequest = MarketRequest & { readonly taskId: string };

/** Checks what is asked for and fills in the rest. INVALID_PARAMS names the field. */
export function createRequest(asked: NamedRequest, defaults: RequestDefaults, nowMs: number): NewRequest {
  check(asked, nowMs);
  const input = asked.input === undefined ? null : formatParts(asked.input);
  if (input !== null && Buffer.byteLength(input) > defaults.maxInputBytes) {
    throw invalid('input', `has more than ${defaults.maxInputBytes} bytes as JSON; give an address instead`);
  }
  const requesterId = asked.requesterId ?? defaults.requesterId;
  const value: TaskRequest = {
    ...{ taskId: asked.taskId, requesterId, description: asked.description },
    ...{ proposedCost: asked.proposedCost ?? null, priority: asked.priority ?? 1, timestamp: nowMs },
    requiredCapabilities: asked.requiredCapabilities ?? [],
    deadline: asked.deadlineAtMs ?? nowMs + defaults.deadlineMs,
    offersUntil: nowMs + (asked.offersMs ?? defaults.offersMs),
    maxRounds: asked.maxRounds ?? defaults.maxRounds,
    ...{ budget: null, awardedBy: requesterId, input },
  };
  const plan = {
    ...{ budget: asked.budget ?? null, policy: asked.policy ?? null, digest: digestOf(asked, input) },
    party: asked.party ?? operator.id,
    ...(asked.chain && { chain: asked.chain }),
  };
  return { value, plan };
}

function check(asked: NamedRequest, nowMs: number): void {
  if (!taskId.test(asked.taskId)) {
    throw invalid('taskId', 'may hold at most 200 of letters, digits and . _ : -');
  }
  const { length } = asked.description.trim();
  if (length === 0 || length > maxDescription)
    throw invalid('description', `must have 1 to ${maxDescription} characters`);
  checkNumber(asked, 'proposedCost', 0, maxMoney);
  checkNumber(asked, 'budget', 0, maxMoney);
  checkNumber(asked, 'priority', 1, 10);
  checkNumber(asked, 'offersMs', 0, 24 * 3_600_000);
  checkNumber(asked, 'maxRounds', 0, maxRounds);
  checkNumber(asked, 'deadlineAtMs', nowMs, Number.MAX_SAFE_INTEGER);
  const capabilities = asked.requiredCapabilities ?? [];
  if (capabilities.length > maxCapabilities || capabilities.some((name) => name === '' || name.length > 200)) {
    throw invalid('requiredCapabilities', `may be at most ${maxCapabilities} words of at most 200 characters`);
  }
  if (asked.policy !== undefined) resolveAwardPolicy(asked.policy);
}

type NumberField = 'proposedCost' | 'budget' | 'priority' | 'offersMs' | 'maxRounds' | 'deadlineAtMs';
const whole: ReadonlySet<string> = new Set(['priority', 'offersMs', 'maxRounds', 'deadlineAtMs']);

function checkNumber(asked: MarketRequest, field: NumberField, least: number, most: number): void {
  const value = asked[field];
  if (value === undefined) return;
  const isFit = value >= least && value <= most && (!whole.has(field) || Number.isInteger(value));
  if (!isFit) throw invalid(field, `must be a ${whole.has(field) ? 'whole ' : ''}number from ${least} to ${most}`);
}

/** The same words are the same request, whenever they are said. */
function digestOf(asked: NamedRequest, input: string | null): string {
  const {
    input: _input,
    trace: _trace,
    chain: _chain,
    causationId: _cause,
    party: _party,
    taskId: _id,
    ...said
  } = asked;
  const fields = Object.entries({ ...said, input }).filter(([, value]) => value !== undefined);
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
}

function invalid(field: string, why: string): ParleyError {
  return new ParleyError('INVALID_PARAMS', `${field} ${why}.`, { details: { field } });
}
