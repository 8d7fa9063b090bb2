import { type ErrorCode, ParleyError } from '../../base/index.ts';

/** The brokers' refusals that have a code of their own. */
const refusals: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  UNKNOWN_TOPIC_OR_PARTITION: ['NOT_FOUND', 'It has no such topic or partition'],
  TOPIC_ALREADY_EXISTS: ['CONFLICT', 'The topic is there already'],
  INVALID_TOPIC_EXCEPTION: ['INVALID_PARAMS', 'No topic can be called so'],
  INVALID_PARTITIONS: ['INVALID_PARAMS', 'Partitions can only become more'],
  INVALID_REPLICATION_FACTOR: ['CONFIG_INVALID', 'It has too few brokers for its default.replication.factor'],
  INVALID_CONFIG: ['INVALID_PARAMS', 'It does not take one of the settings'],
  POLICY_VIOLATION: ['INVALID_PARAMS', 'Its policy does not allow this'],
  INVALID_TIMESTAMP: ['INVALID_PARAMS', 'A record lies too far in the future for it (message.timestamp.after.max.ms)'],
  INVALID_RECORD: ['INVALID_PARAMS', 'It does not take such a record; one of a compacted topic needs a key'],
  MESSAGE_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'A record is larger than the topic takes (max.message.bytes)'],
  RECORD_LIST_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'A batch is larger than the topic takes (segment.bytes)'],
  KAFKA_STORAGE_ERROR: ['STORE_FULL', 'A broker cannot write to its disk: look at its log'],
  ILLEGAL_GENERATION: ['FENCED', 'The group has shared out its partitions anew'],
  UNKNOWN_MEMBER_ID: ['FENCED', 'The group has gone on without this member'],
  FENCED_INSTANCE_ID: ['FENCED', 'Another member has taken this place'],
  REBALANCE_IN_PROGRESS: ['UNAVAILABLE', 'The group is sharing out its partitions'],
  TOPIC_AUTHORIZATION_FAILED: ['CONFIG_INVALID', 'Give its user the rights that docs/kafka.md lists'],
  GROUP_AUTHORIZATION_FAILED: ['CONFIG_INVALID', 'Give its user the rights that docs/kafka.md lists'],
  CLUSTER_AUTHORIZATION_FAILED: ['CONFIG_INVALID', 'Give its user the rights that docs/kafka.md lists'],
  SASL_AUTHENTICATION_FAILED: ['CONFIG_INVALID', 'Put the right user and password into the address'],
  UNSUPPORTED_SASL_MECHANISM: ['CONFIG_INVALID', 'Name another way to log in (mechanism=…)'],
};
const certificatePattern = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|ISSUER|ALTNAME|ERR_TLS|ERR_SSL|EPROTO/;

/** Our error for what came out of a call to the brokers. */
export function fromKafkaError(thrown: unknown, target: string): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const errors = [...chain(thrown)];
  const refused = errors.map(({ apiId }) => apiId ?? '').find((id) => refusals[id] !== undefined) ?? '';
  const refusal = refusals[refused];
  if (refusal) {
    const [code, advice] = refusal;
    const message = `Kafka at ${target} refused (${refused}): ${advice}.`;
    return new ParleyError(code, message, { cause: thrown, ...(code === 'UNAVAILABLE' && { retryAfterMs: 1_000 }) });
  }
  const misconfigured = errors.map(adviceOn).find((advice) => advice !== undefined);
  if (misconfigured !== undefined) {
    return new ParleyError('CONFIG_INVALID', `Kafka at ${target} ${misconfigured}.`, { cause: thrown });
  }
  return awayError(target, errors.at(-1)?.message ?? String(thrown), thrown);
}

/** Kafka is not there, for a reason in words. */
export function awayError(target: string, reason: string, cause?: unknown): ParleyError {
  const message = `Kafka at ${target} does not answer: ${reason.replace(/\.$/, '')}. It is asked again by itself.`;
  return new ParleyError('UNAVAILABLE', message, { cause, retryAfterMs: 1_000 });
}

/** True when one of the errors inside says that a broker refused for this reason. */
export function isRefusal(thrown: unknown, apiId: string): boolean {
  return [...chain(thrown)].some((error) => error.apiId === apiId);
}

interface LibraryError {
  readonly message: string;
  readonly code?: string;
  readonly apiId?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** The error with all that it wraps, the outermost first. */
function* chain(thrown: unknown, depth: number = 0): Generator<LibraryError> {
  if (!(thrown instanceof Error) || depth > 8) return;
  const error: LibraryError = thrown;
  yield error;
  for (const inner of error.errors ?? []) yield* chain(inner, depth + 1);
  yield* chain(error.cause, depth + 1);
}

function adviceOn({ code = '', message }: LibraryError): string | undefined {
  if (code === 'PLT_KFK_AUTHENTICATION')
    return 'does not know this user and password: put the right ones into the address';
  if (message === 'Broker requires TLS.') return 'wants TLS: write kafkas:// in place of kafka://';
  if (certificatePattern.test(code)) {
    return `has a certificate that is not believed (${code}): name its authority with caFile=…`;
  }
  if (code === 'PLT_KFK_UNSUPPORTED_API') return 'is too old: Parley needs what Kafka 2.1 or newer offers';
  return undefined;
}
