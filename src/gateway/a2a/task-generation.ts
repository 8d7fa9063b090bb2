import type { IncomingHttpHeaders } from 'node:http';
import { isObject, ParleyError } from '../../base/index.ts';
import {
  type Codec,
  type Task,
  taskGenerationUri,
  withItemGeneration,
  withTaskGeneration,
} from '../../protocol/index.ts';
import type { GenerationCondition, SequencedItem } from '../../tasks/index.ts';
import { asksForExtension } from './extensions.ts';
import type { OperationCall, OperationInput } from './operation-call.ts';

export interface GenerationSource {
  readonly headers: IncomingHttpHeaders;
  readonly codec: Codec;
  readonly input: OperationInput;
}

/**
 * What a caller that asks for the extension says of generations: `currentGeneration` of a get and `configuration.ifGenerationMatch` of a
 * send, as A2A 1.1 names them, or on any binding the headers `Parley-Current-Generation` and `Parley-If-Generation-Match`. Undefined
 * when the extension is not asked for. INVALID_PARAMS for what is not a whole number.
 */
export function readGenerationCondition({ headers, codec, input }: GenerationSource): GenerationCondition | undefined {
  if (codec.version === '0.3' || !asksForExtension(headers, taskGenerationUri)) return undefined;
  const beyond = readNumber('currentGeneration', headers['parley-current-generation'] ?? readField(input));
  const expected = readNumber('ifGenerationMatch', headers['parley-if-generation-match'] ?? readMatch(input));
  return { ...(beyond !== undefined && { beyond }), ...(expected !== undefined && { expected }) };
}

function readField(input: OperationInput): unknown {
  if (input.kind === 'query') return input.query.get('currentGeneration') || undefined;
  return isObject(input.params) ? input.params['currentGeneration'] : undefined;
}

function readMatch(input: OperationInput): unknown {
  if (input.kind === 'query' || !isObject(input.params)) return undefined;
  const { configuration } = input.params;
  return isObject(configuration) ? configuration['ifGenerationMatch'] : undefined;
}

/** An int64 is text in the JSON of protos, and a number for everybody else. */
function readNumber(field: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  const violations = [{ field, description: 'must be a whole number, at least 0' }];
  throw new ParleyError('INVALID_PARAMS', `${field} must be a whole number, at least 0.`, { details: { violations } });
}

/** The task as its caller sees it: with its generation, when that was asked for. */
export function showTask(task: Task, { context }: Pick<OperationCall, 'context'>): Task {
  return context.generation ? withTaskGeneration(task) : task;
}

/** The same of the items of a stream. */
export function showItems(
  batches: AsyncIterable<readonly SequencedItem[]>,
  { context }: Pick<OperationCall, 'context'>,
): AsyncIterable<readonly SequencedItem[]> {
  return context.generation ? numbered(batches) : batches;
}

async function* numbered(batches: AsyncIterable<readonly SequencedItem[]>): AsyncGenerator<readonly SequencedItem[]> {
  for await (const batch of batches) {
    yield batch.map(({ sequence, item }) => ({ sequence, item: withItemGeneration(item, sequence) }));
  }
}
