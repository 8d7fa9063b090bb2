import { createHash } from 'node:crypto';
import { type Clock, ParleyError } from '../../base/index.ts';
import { createRedisScript, type RedisClient, type RedisReply } from '../../drivers/redis/index.ts';
import { callKey, correlationKey, lettersKey, openCallsKey, queueKey } from '../keys.ts';
import { formatTaskMessage, parseTaskMessage, type TaskMessage } from '../messages/task-message.ts';
import { formatLetter, keptLetters, type LetterKind } from '../queues/letters.ts';

/** How long is known what was sent to whom: as long as a task may be handed out again under the same invocation. */
const callKeptMs = 24 * 3_600_000;
/** An answer that its task has journalled is not needed much longer. */
const answerKeptMs = 60_000;
const maxIdTries = 20;

/** What became of sending. */
export interface OpenedCall {
  readonly id: string;
  /** `sent`: now; `waiting`: by an earlier run of the same invocation; `answered`: and the answer is there already. */
  readonly state: 'sent' | 'waiting' | 'answered';
  /** The answer as it came. */
  readonly answer?: string;
  /** The bridge whose queue the answer comes to. */
  readonly replyAgent: string;
}

export interface CallRequest {
  readonly invocationId: string;
  readonly agentId: string;
  /** The message under that id. */
  readonly create: (id: string) => TaskMessage;
  /** Before the message is sent under that id. */
  readonly onId: (id: string) => void;
  readonly timeoutMs: number;
}

/** What an answer meets: somebody who waits, or nobody any more. */
export type Settlement = 'answered' | Extract<LetterKind, 'late' | 'unmatched' | 'duplicate'>;

export interface Answer {
  readonly raw: string;
  /** The list in which it is held. */
  readonly holding: string;
  /** Whose queue it came to. */
  readonly queue: string;
}

const openScript = createRedisScript(`
local known = redis.call('HMGET', KEYS[1], 'invocation', 'state', 'answer', 'reply')
if known[1] and known[1] ~= ARGV[1] then return {'taken', '', ''} end
if known[1] and known[2] ~= 'withdrawn' then return {known[2], known[3] or '', known[4]} end
redis.call('HSET', KEYS[1], 'invocation', ARGV[1], 'message', ARGV[2], 'agent', ARGV[3], 'reply', ARGV[4],
  'state', 'open', 'sent_at', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('SADD', KEYS[4], ARGV[7])
redis.call('PEXPIRE', KEYS[4], ARGV[6])
redis.call('SETEX', KEYS[3], ARGV[8], ARGV[9])
redis.call('LPUSH', KEYS[2], ARGV[2])
return {'sent', '', ARGV[4]}`);

const withdrawScript = createRedisScript(`
redis.call('DEL', KEYS[3])
local call = redis.call('HMGET', KEYS[1], 'message', 'state')
if not call[1] or call[2] ~= 'open' then return 0 end
if redis.call('LREM', KEYS[2], 0, call[1]) == 0 then
  redis.call('HSET', KEYS[1], 'state', 'late')
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'withdrawn')
redis.call('SREM', KEYS[4], ARGV[1])
return 1`);

const settleScript = createRedisScript(`
if redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then return 'gone' end
local call = redis.call('HMGET', KEYS[1], 'state', 'agent')
local state = call[1]
redis.call('DEL', KEYS[3])
if call[2] then redis.call('SREM', ARGV[6] .. call[2], ARGV[2]) end
if state == 'open' then
  redis.call('HSET', KEYS[1], 'state', 'answered', 'answer', ARGV[1])
  return 'answered'
end
local kind = 'unmatched'
if state == 'late' then
  kind = 'late'
  redis.call('HSET', KEYS[1], 'state', 'done')
elseif state then
  kind = 'duplicate'
end
local letters = { late = ARGV[3], unmatched = ARGV[4], duplicate = ARGV[5] }
redis.call('LPUSH', KEYS[4], letters[kind])
redis.call('LTRIM', KEYS[4], 0, ${keptLetters - 1})
return kind`);

export interface CallsOptions {
  readonly redis: RedisClient;
  /** This bridge's own id: where answers go. */
  readonly replyAgent: string;
  readonly clock: Clock;
}

/**
 * The assignments that bridges have sent. Each is sent once for one invocation, however often and after whatever crash it is
 * opened; an answer belongs to exactly one of them, or is kept as a letter. All of it is in Redis, changed in single steps.
 */
export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Sends the work unless the same invocation has sent it before. UNAVAILABLE: nobody knows; open it again. */
  async open(request: CallRequest): Promise<OpenedCall> {
    for (let n = 0; n < maxIdTries; n++) {
      const id = createTaskId(request.invocationId, n);
      request.onId(id);
      const [state, answer, replyAgent] = await this.#open(id, request);
      if (state === 'taken') continue;
      if (state === 'sent') return { id, state: 'sent', replyAgent };
      if (state === 'open') return { id, state: 'waiting', replyAgent };
      if (state === 'answered') return { id, state: 'answered', answer, replyAgent };
      throw new ParleyError('OUTCOME_UNKNOWN', `The work was given up before, while ${request.agentId} had it.`);
    }
    throw new ParleyError('INTERNAL', `No free id was found for the work of ${request.invocationId}.`);
  }

  /** What is known now of a call that another bridge has sent. */
  async look(id: string): Promise<string | undefined> {
    const [state, answer] = (await this.#redis.command('HMGET', callKey(id), 'state', 'answer')) as (string | null)[];
    return state === 'answered' ? (answer ?? undefined) : undefined;
  }

  /** Gives a call up: true when the agent had not taken it, and never will. Its answer is late from now on. */
  async withdraw(id: string, agentId: string): Promise<boolean> {
    const keys = [callKey(id), queueKey(agentId), correlationKey(id), openCallsKey(agentId)];
    return (await this.#redis.script({ script: withdrawScript, keys, args: [id] })) === 1;
  }

  /** Binds an answer to its call, or keeps it as a letter. Undefined when it was dealt with before. */
  async settle(id: string, answer: Answer): Promise<Settlement | undefined> {
    const { raw, holding, queue } = answer;
    const base = { queue, raw, atMs: this.#options.clock.now() };
    const letters = [
      formatLetter({ ...base, kind: 'late', reason: `The call ${id} was given up before the answer came.` }),
      formatLetter({ ...base, kind: 'unmatched', reason: 'It answers nothing that this bridge has sent.' }),
      formatLetter({ ...base, kind: 'duplicate', reason: `The call ${id} had its answer before.` }),
    ];
    const keys = [callKey(id), holding, correlationKey(id), lettersKey];
    const args = [raw, id, ...letters, openCallsKey('')];
    const settled = await this.#redis.script({ script: settleScript, keys, args });
    return settled === 'gone' ? undefined : (settled as Settlement);
  }

  /** The call that an answer is for: by `task_id` or `original_task_id`; without them the agent's only or oldest one like it. */
  async correlate({ payload, from_agent }: TaskMessage): Promise<string> {
    const named = [payload['task_id'], payload['original_task_id']].filter((id) => typeof id === 'string' && id !== '');
    for (const id of named) if ((await this.#redis.command('EXISTS', callKey(String(id)))) === 1) return String(id);
    if (named.length > 0) return String(named[0]);
    return (await this.#findAlike(from_agent, payload['description'])) ?? '';
  }

  /** The answer is where it belongs. */
  async forget(id: string): Promise<void> {
    await this.#redis.command('PEXPIRE', callKey(id), answerKeptMs);
  }

  get #redis(): RedisClient {
    return this.#options.redis;
  }

  async #open(id: string, request: CallRequest): Promise<[string, string, string]> {
    const { replyAgent, clock } = this.#options;
    const { agentId, invocationId, timeoutMs } = request;
    const seconds = Math.max(1, Math.ceil(timeoutMs / 1_000));
    const waiting = JSON.stringify({ waiting: true, from: replyAgent });
    const message = formatTaskMessage(request.create(id));
    const call = [invocationId, message, agentId, replyAgent, clock.now(), callKeptMs, id, seconds, waiting];
    const keys = [callKey(id), queueKey(agentId), correlationKey(id), openCallsKey(agentId)];
    return (await this.#redis.script({ script: openScript, keys, args: call })) as [string, string, string];
  }

  /** Agents that do not say what they answer take one task after the other, and repeat its description. */
  async #findAlike(agentId: string, description: unknown): Promise<string | undefined> {
    const ids = (await this.#redis.command('SMEMBERS', openCallsKey(agentId))) as readonly string[];
    const read = ids.map((id) => this.#redis.command('HMGET', callKey(id), 'message', 'reply', 'sent_at'));
    const calls = (await Promise.all(read)).map((reply, i) => describeCall(ids[i] ?? '', reply));
    const own = calls.filter((call) => call?.reply === this.#options.replyAgent);
    if (typeof description !== 'string') return own.length === 1 ? own[0]?.id : undefined;
    const alike = own.filter((call) => call?.description === description);
    return alike.toSorted((a, b) => (a?.sentAtMs ?? 0) - (b?.sentAtMs ?? 0))[0]?.id;
  }
}

interface KnownCall {
  readonly id: string;
  readonly reply: string;
  readonly sentAtMs: number;
  readonly description: unknown;
}

function describeCall(id: string, reply: RedisReply): KnownCall | undefined {
  const [message, bridge, sentAt] = reply as readonly (string | null)[];
  if (typeof message !== 'string') return undefined;
  const { description } = parseTaskMessage(message).payload;
  return { id, reply: bridge ?? '', sentAtMs: Number(sentAt), description };
}

/** Eight hex digits of the invocation: the same one gives the same id. `n`: another, when that one is somebody else's. */
function createTaskId(invocationId: string, n: number): string {
  const digest = createHash('sha256').update(`${invocationId}:${n}`).digest('hex');
  return `a2a_task_${digest.slice(0, 8)}`;
}
