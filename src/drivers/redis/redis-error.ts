import { type ErrorCode, ParleyError } from '../../base/index.ts';

/** The first words of Redis' refusals that have a code of their own; what Redis refused was not carried out. */
const refusals: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  OOM: ['STORE_FULL', 'Give it more memory (maxmemory), or remove something'],
  MISCONF: ['STORE_FULL', 'It cannot write to its disk: look at its log'],
  NOAUTH: ['CONFIG_INVALID', 'Put the password into the address'],
  WRONGPASS: ['CONFIG_INVALID', 'Put the right user and password into the address'],
  NOPERM: ['CONFIG_INVALID', 'Give its user the rights that docs/redis.md lists'],
  READONLY: ['UNAVAILABLE', 'A replica answered; the master is looked for again'],
  LOADING: ['UNAVAILABLE', 'It is still loading its data'],
  MASTERDOWN: ['UNAVAILABLE', 'Its master is away'],
  CLUSTERDOWN: ['UNAVAILABLE', 'The cluster has no master for these keys'],
  TRYAGAIN: ['UNAVAILABLE', 'The keys are being moved to another server'],
  MOVED: ['UNAVAILABLE', 'The keys have moved to another server'],
  ASK: ['UNAVAILABLE', 'The keys are being moved to another server'],
  BUSY: ['UNAVAILABLE', 'A script of somebody else runs too long'],
  NOREPLICAS: ['UNAVAILABLE', 'It has fewer replicas than min-replicas-to-write wants'],
};

/** Our error for what came out of a command: `sent` says whether Redis may have carried it out. */
export function fromRedisError(thrown: unknown, target: string): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const [word = ''] = reason.split(' ');
  const refusal = refusals[word];
  if (refusal) {
    const [code, advice] = refusal;
    return new ParleyError(code, `Redis at ${target} refused: ${trim(reason)}. ${advice}.`, {
      cause: thrown,
      details: { sent: false },
      ...(code === 'UNAVAILABLE' && { retryAfterMs: 1_000 }),
    });
  }
  if (isReply(thrown)) return new ParleyError('INTERNAL', `Redis at ${target} refused: ${reason}`, { cause: thrown });
  return awayError(target, describe(reason), { cause: thrown, sent: !isUnsent(reason) });
}

/** Redis is not there, for a reason in words. */
export function awayError(target: string, reason: string, options: { cause?: unknown; sent: boolean }): ParleyError {
  const { cause, sent } = options;
  const message = `Redis at ${target} does not answer: ${trim(reason)}. The connection is opened again by itself.`;
  return new ParleyError('UNAVAILABLE', message, { cause, details: { sent }, retryAfterMs: 1_000 });
}

/** True for what Redis itself said, as opposed to the connection. */
function isReply(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'ReplyError';
}

function isUnsent(reason: string): boolean {
  return /enableOfflineQueue|ECONNREFUSED|EHOSTUNREACH|ENOTFOUND|No .*subscriber/.test(reason);
}

function describe(reason: string): string {
  if (reason.startsWith('Reached the max retries') || reason === 'Connection is closed.') return 'the connection broke';
  return reason === 'Command timed out' ? 'no answer within the time for a command' : reason;
}

function trim(reason: string): string {
  return reason.replace(/\.$/, '');
}
