import {
  type AgentExecutor,
  type AgentRecord,
  checkArguments,
  type Invocation,
  type SkillRecord,
  selectSkill,
  withCheckedResult,
} from '../../agents/index.ts';
import { type Clock, createId, ParleyError, sleep, type Telemetry } from '../../base/index.ts';
import type { Message, Part } from '../../protocol/index.ts';
import type { Registry, Slot } from '../../registry/index.ts';
import {
  type CallResilience,
  decideRetry,
  hedgeAfterOf,
  retryRuleOf,
  withDeadlines,
  withHedging,
} from '../../resilience/index.ts';
import {
  type Admission,
  type CallChain,
  type CallTokens,
  type ChainsInFlight,
  extendChain,
  requireSkill,
  rolesOf,
  seesPrivateSkill,
} from '../../security/index.ts';
import type { CallContext } from '../../tasks/index.ts';
import { type CallOutcome, collectResult } from './collect-result.ts';
import { createTakePlace, type TakePlace } from './take-place.ts';

/** One call of a skill that asks for its answer and nothing else. */
export interface AgentCall {
  /** An agent's or a deployment's id. */
  readonly id: string;
  /** Undefined: `action` in the first data part, else the agent's default. */
  readonly skill: string | undefined;
  readonly parts: readonly Part[];
  /** `idempotencyKey` counts for nothing here: nothing is kept that could be answered again. */
  readonly context: CallContext;
  /** Aborts when the caller leaves: the work is stopped. */
  readonly signal: AbortSignal;
}

/** How the call ended. What the agent says of a failure is in `parts`. */
export interface CallResult extends CallOutcome {
  readonly agentId: string;
  readonly deploymentId: string;
  readonly skill: string;
  readonly durationMs: number;
}

/**
 * Calls without a task: they take a place like any other work, are checked against the skill's schemas, counted and traced,
 * stopped when the caller leaves, tried again where that is safe, and promise nothing after a crash.
 */
export interface InvokeControl {
  /**
   * Throws PERMISSION_DENIED, RATE_LIMITED, AGENT_NOT_FOUND, AGENT_UNAVAILABLE, BREAKER_OPEN, AGENT_DISABLED, SKILL_NOT_FOUND, INVALID_PARAMS, QUEUE_FULL, CHAIN_REFUSED,
   * CANCELED, DEADLINE_EXCEEDED, OUTPUT_INVALID, WORKER_LOST, UNSUPPORTED_OPERATION (the agent asks its caller something).
   */
  invoke(call: AgentCall): Promise<CallResult>;
}

export interface InvokeOptions {
  readonly registry: Registry;
  readonly callTokens: Pick<CallTokens, 'sign'>;
  readonly chains: ChainsInFlight;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** What callers may do, and how often; undefined: what their roles allow, as often as they like. */
  readonly admission?: Admission | undefined;
  /** Without an event for so long a call is over, unless its skill says otherwise. */
  readonly idleMs: number;
  /** Calls that may wait for one agent. */
  readonly maxWaiting: number;
  readonly resilience: CallResilience;
}

/** Calls over registry, deadlines and executor. */
export function createInvokeControl(options: InvokeOptions): InvokeControl {
  const takePlace = createTakePlace(options);
  return { invoke: (call) => invoke(call, options, takePlace) };
}

async function invoke(call: AgentCall, options: InvokeOptions, takePlace: TakePlace): Promise<CallResult> {
  const { clock, telemetry } = options;
  const startedAtMs = clock.now();
  const { agentId, endpointId, listing } = options.registry.resolve(call.id);
  const { principal } = call.context;
  options.admission?.require(principal, { agentId, operation: 'call' });
  const skill = selectSkill(listing.record, toMessage(call), (id) => seesPrivateSkill(principal, agentId, id));
  requireSkill(principal, { agentId, skill, chain: call.context.chain });
  checkArguments(skill, call.parts);
  const chain = createChain(call, { agentId, skill, startedAtMs, chains: options.chains });
  let state = 'error';
  try {
    const { deploymentId, outcome } = await untilSettled({
      agentId,
      endpointId,
      skill,
      chain,
      call,
      options,
      takePlace,
    });
    state = outcome.state;
    return { ...outcome, agentId, deploymentId, skill: skill.id, durationMs: clock.now() - startedAtMs };
  } finally {
    telemetry.count('parley_calls_total', { agent: agentId, state });
    telemetry.observe('parley_call_duration_seconds', (clock.now() - startedAtMs) / 1_000, { agent: agentId });
  }
}

interface Placed {
  readonly agentId: string;
  readonly endpointId: string | undefined;
  readonly skill: SkillRecord;
  readonly chain: CallChain;
  readonly call: AgentCall;
  readonly options: InvokeOptions;
  readonly takePlace: TakePlace;
}

/** Tries until it is answered or must not be tried again. The caller was told nothing before, so that nothing has to be taken back. */
async function untilSettled(placed: Placed): Promise<{ deploymentId: string; outcome: CallOutcome }> {
  const { agentId, skill, chain, call, options } = placed;
  for (let retries = 0; ; retries++) {
    const slot = await waitForPlace(placed);
    try {
      return { deploymentId: slot.endpoint.id, outcome: await runAt({ slot, chain, call, skill: skill.id, options }) };
    } catch (thrown) {
      const delayMs = retryDelayMs(placed, thrown, retries);
      if (delayMs === undefined) throw thrown;
      options.telemetry.count('parley_retries_total', { agent: agentId });
      await sleep(options.clock, delayMs, call.signal);
    }
  }
}

async function waitForPlace({ agentId, endpointId, skill, chain, call, options, takePlace }: Placed): Promise<Slot> {
  const refusal = options.resilience.breakers.refusal(agentId);
  if (refusal) throw refusal;
  return takePlace({ agentId, endpointId, skill: skill.id, deadlineAtMs: chain.deadlineAtMs, signal: call.signal });
}

function retryDelayMs(
  { agentId, skill, chain, options }: Placed,
  thrown: unknown,
  retries: number,
): number | undefined {
  const { registry, resilience, clock } = options;
  const { record } = registry.resolve(agentId).listing;
  const { idempotent } = skill;
  const attempt = { thrown, retries, idempotent, nowMs: clock.now(), deadlineAtMs: chain.deadlineAtMs };
  return decideRetry({ ...attempt, chance: Math.random() }, retryRuleOf(resilience.config, record, skill));
}

interface ChainSource {
  readonly agentId: string;
  readonly skill: SkillRecord;
  readonly startedAtMs: number;
  readonly chains: ChainsInFlight;
}

function createChain({ context }: AgentCall, { agentId, skill, startedAtMs, chains }: ChainSource): CallChain {
  const { principal, deadlineAtMs, trace } = context;
  const { totalMs } = skill.timeouts;
  const limits = [deadlineAtMs, totalMs === undefined ? undefined : startedAtMs + totalMs];
  const known = limits.filter((limit) => limit !== undefined);
  return extendChain({
    chain: context.chain ?? (principal.kind === 'worker' ? chains.deepestAt(principal.deploymentId) : undefined),
    origin: principal.id,
    roles: rolesOf(principal),
    agentId,
    invocationId: createId(startedAtMs),
    deadlineAtMs: known.length === 0 ? undefined : Math.min(...known),
    correlationId: trace.correlationId,
  });
}

interface Run {
  readonly slot: Slot;
  readonly chain: CallChain;
  readonly call: AgentCall;
  readonly skill: string;
  readonly options: InvokeOptions;
}

async function runAt(run: Run): Promise<CallOutcome> {
  const { slot, chain, call, options } = run;
  const forget = options.chains.add(slot.endpoint.id, chain);
  try {
    const outcome = await collectResult(createExecutor(run).execute(createInvocation(run)));
    if (outcome.state === 'canceled')
      throw call.signal.reason ?? new ParleyError('CANCELED', 'The agent cancelled it.');
    return outcome;
  } catch (thrown) {
    throw call.signal.aborted ? call.signal.reason : thrown;
  } finally {
    forget();
    slot.release();
  }
}

/** The deployment that was chosen may be of another version than the agent's current one: its own schemas hold. */
function createExecutor({ slot, skill, options }: Run): AgentExecutor {
  const { executor, record } = slot.endpoint;
  const own = record.skills.find(({ id }) => id === skill);
  const idleMs = own?.timeouts.idleMs ?? options.idleMs;
  const { breakers } = options.resilience;
  const hedged = withHedgingAsSet({ executor, record, own, options });
  return withDeadlines(withCheckedResult(hedged, own), { clock: options.clock, idleMs, breakers });
}

interface Hedged {
  readonly executor: AgentExecutor;
  readonly record: AgentRecord;
  readonly own: SkillRecord | undefined;
  readonly options: InvokeOptions;
}

function withHedgingAsSet({ executor, record, own, options }: Hedged): AgentExecutor {
  const { clock, registry, resilience } = options;
  const afterMs = hedgeAfterOf(resilience.config, record, own);
  if (afterMs === undefined) return executor;
  return withHedging(executor, {
    clock,
    afterMs,
    second: () => registry.select(record.id, undefined, { skill: own?.id }),
  });
}

function createInvocation({ chain, call, skill, options }: Run): Invocation {
  const path = chain.path.slice(0, -1);
  return {
    id: chain.invocationId,
    agentId: chain.path.at(-1) ?? call.id,
    skill,
    parts: call.parts,
    task: undefined,
    caller: { id: chain.origin, roles: chain.roles ?? [], path },
    callToken: options.callTokens.sign(chain),
    deadlineAtMs: chain.deadlineAtMs,
    signal: call.signal,
    answers: noAnswers(),
    trace: { ...call.context.trace, correlationId: chain.correlationId },
  };
}

async function* noAnswers(): AsyncGenerator<Message> {}

function toMessage({ skill, parts }: AgentCall): Message {
  return { messageId: '', role: 'user', parts, ...(skill !== undefined && { metadata: { skill } }) };
}
