import { isObject } from '../../base/index.ts';
import type { WireEvent, WorkerFrame } from './frames.ts';
import { workerProtocolError } from './worker-protocol-error.ts';

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;

/** Deeper JSON than this is refused: no later reader or writer can run out of stack. */
const maxJsonDepth = 100;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isShallow: Check = (value) => value !== undefined && fitsDepth(value, maxJsonDepth);
const isMetadata: Check = (value) => isObject(value) && isShallow(value);
const isGrpc: Check = (value) => isObject(value) && isTexts(value['services']) && isTexts(value['descriptors']);
const isParts: Check = (value) => Array.isArray(value) && value.every(isPart);

function oneOf(...names: string[]): Check {
  return (value) => typeof value === 'string' && names.includes(value);
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function fitsDepth(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner) => fitsDepth(inner, levels - 1));
}

const contents: Record<string, Check> = { text: isText, data: isShallow, url: isText, bytes: isCount };

function isPart(value: unknown): boolean {
  if (!isObject(value)) return false;
  const kinds = Object.keys(contents).filter((kind) => kind in value);
  const kind = kinds[0];
  if (kind === undefined || kinds.length > 1 || !contents[kind]?.(value[kind])) return false;
  return (
    optional(isText)(value['filename']) &&
    optional(isText)(value['mediaType']) &&
    optional(isMetadata)(value['metadata'])
  );
}

const events: Record<WireEvent['kind'], Record<string, Check>> = {
  status: { parts: isParts },
  artifact: {
    artifactId: isText,
    name: optional(isText),
    description: optional(isText),
    metadata: optional(isMetadata),
    append: isFlag,
    lastChunk: isFlag,
    parts: isParts,
  },
  ask: { state: oneOf('input-required', 'auth-required'), parts: isParts },
};

const frames: Record<WorkerFrame['type'], Record<string, Check>> = {
  ready: { protocol: isCount, skills: isTexts, rest: optional(isFlag), grpc: optional(isGrpc) },
  'load-error': { message: isText, trace: optional(isText) },
  event: { call: isText, event: isObject },
  result: {
    call: isText,
    as: oneOf('artifact', 'reply'),
    state: oneOf('completed', 'failed', 'rejected'),
    parts: isParts,
  },
  error: { call: isText, code: oneOf('AGENT_ERROR', 'CANCELED', 'SKILL_NOT_FOUND'), message: isText },
  log: { level: oneOf('debug', 'info', 'warn', 'error'), message: isText, call: optional(isText) },
  pong: { id: isCount },
};

/**
 * A frame that a worker sent, checked field by field; fields that are not in the protocol are left alone.
 * WORKER_PROTOCOL names the frame and the field.
 */
export function checkWorkerFrame(json: unknown): WorkerFrame {
  if (!isObject(json)) throw workerProtocolError('a head is not a JSON object');
  const checks = lookUp(frames, json['type']);
  if (checks === undefined) throw workerProtocolError(`there is no frame of type ${quote(json['type'])}`);
  checkFields(`a ${String(json['type'])} frame`, json, checks);
  if (json['type'] === 'event') checkEvent(json['event'] as Fields);
  return json as unknown as WorkerFrame;
}

function checkEvent(event: Fields): void {
  const checks = lookUp(events, event['kind']);
  if (checks === undefined) throw workerProtocolError(`there is no event of kind ${quote(event['kind'])}`);
  checkFields(`a ${String(event['kind'])} event`, event, checks);
}

function checkFields(owner: string, fields: Fields, checks: Record<string, Check>): void {
  for (const name of Object.keys(checks)) {
    if (!checks[name]?.(fields[name])) throw workerProtocolError(`field "${name}" of ${owner} is missing or wrong`);
  }
}

function lookUp<T>(table: Readonly<Record<string, T>>, key: unknown): T | undefined {
  return typeof key === 'string' && Object.hasOwn(table, key) ? table[key] : undefined;
}

function quote(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 60);
}
