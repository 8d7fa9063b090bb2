import type { Document, LineCounter, Node, Pair, YAMLMap } from 'yaml';
import { loadYaml } from './load-yaml.ts';
import { createProblems, type ManifestProblems } from './manifest-problems.ts';

/** agent.yaml as plain values, with the place and the literal text of each. */
export interface ManifestSource {
  readonly root: unknown;
  readonly problems: ManifestProblems;
  /** What stood in the file for a number, true or false: `1.0` and not 1. */
  textOf(path: string): string | undefined;
}

const maxDepth = 40;
const maxNodes = 20_000;
const maxAliases = 50;
/** A file of 128 kB as people write them has about 40,000; each costs the library up to ten microseconds. */
const maxTokens = 50_000;
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const plainTags: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

interface Reading {
  readonly problems: ManifestProblems;
  readonly anchors: Map<string, Node>;
  readonly texts: Map<string, string>;
  nodes: number;
  aliases: number;
}

/** Ends the reading at once: going on would cost what the limit is there to save. */
class LimitReached extends Error {}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

function checkNode(reading: Reading, node: Node, path: string, depth: number): void {
  const over =
    depth > maxDepth
      ? `maps and lists are nested more than ${maxDepth} deep`
      : ++reading.nodes > maxNodes
        ? `there are more than ${maxNodes} values`
        : undefined;
  if (over !== undefined) {
    reading.problems.add(path, `${over}; make the file smaller`);
    throw new LimitReached(over);
  }
  const tag = 'tag' in node ? node.tag : undefined;
  if (typeof tag === 'string' && !plainTags.has(tag))
    reading.problems.add(path, `the tag ${tag} is not allowed; remove it`);
}

function followAlias(reading: Reading, name: string, path: string, depth: number): unknown {
  if (++reading.aliases > maxAliases) {
    reading.problems.add(path, `there are more than ${maxAliases} aliases; write the values out`);
    throw new LimitReached('aliases');
  }
  const target = reading.anchors.get(name);
  if (target !== undefined) return toValue(reading, target, path, depth + 1);
  reading.problems.add(path, `the alias *${name} has no anchor before it`);
  return null;
}

function toScalar(reading: Reading, node: { value: unknown; source?: string }, path: string): unknown {
  const { value } = node;
  if (typeof value === 'number' || typeof value === 'boolean') reading.texts.set(path, node.source ?? String(value));
  if (typeof value === 'number' && !Number.isFinite(value))
    reading.problems.add(path, 'infinity and NaN are not allowed');
  return value ?? null;
}

function keyOf(reading: Reading, pair: Pair, path: string): string | undefined {
  const { key } = pair;
  const { isScalar } = loadYaml();
  const text = isScalar(key) && key.value !== null ? (key.source ?? String(key.value)) : undefined;
  const wrong =
    text === undefined ? 'a key must be plain text' : forbiddenKeys.has(text) ? `the key ${text} is not allowed` : '';
  if (wrong === '') return text;
  reading.problems.add(path, wrong);
  return undefined;
}

function toMap(reading: Reading, map: YAMLMap, path: string, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const pair of map.items) {
    const key = keyOf(reading, pair, path);
    if (key === undefined) continue;
    const below = path === '' ? key : `${path}.${key}`;
    if (Object.hasOwn(result, key)) reading.problems.add(below, `the key ${key} is there twice`);
    reading.problems.locate(below, offsetOf(pair.key));
    result[key] = toValue(reading, pair.value, below, depth + 1);
  }
  return result;
}

function toValue(reading: Reading, node: unknown, path: string, depth: number): unknown {
  if (node === null || node === undefined) return null;
  checkNode(reading, node as Node, path, depth);
  const { isAlias, isMap, isScalar, isSeq } = loadYaml();
  if (isAlias(node)) return followAlias(reading, node.source, path, depth);
  if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
    reading.anchors.set(node.anchor, node);
  if (isScalar(node)) return toScalar(reading, node, path);
  if (isMap(node)) return toMap(reading, node, path, depth);
  if (!isSeq(node)) return null;
  return node.items.map((item, i) => {
    reading.problems.locate(`${path}[${i}]`, offsetOf(item));
    return toValue(reading, item, `${path}[${i}]`, depth + 1);
  });
}

function convert(reading: Reading, document: Document): unknown {
  try {
    return toValue(reading, document.contents, '', 0);
  } catch (error) {
    if (error instanceof LimitReached) return null;
    throw error;
  }
}

function hasTooManyTokens(yamlText: string): boolean {
  const { Lexer } = loadYaml();
  let tokens = 0;
  for (const _ of new Lexer().lex(yamlText)) if (++tokens > maxTokens) return true;
  return false;
}

/** The library makes an error for every place that is wrong; without their stacks a hostile file costs a fifth. */
function parseWithoutStacks(yamlText: string, lineCounter: LineCounter): Document {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    // The library's own check for double keys costs the square of their number.
    return loadYaml().parseDocument(yamlText, {
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      schema: 'core',
      lineCounter,
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Reads untrusted YAML of a bounded length: bounded tokens, depth, values and aliases, no tags, each key once. Never throws.
 */
export function readManifestSource(yamlText: string): ManifestSource {
  const lineCounter = new (loadYaml().LineCounter)();
  const problems = createProblems((offset) => lineCounter.linePos(offset));
  const reading: Reading = { problems, anchors: new Map(), texts: new Map(), nodes: 0, aliases: 0 };
  const textOf = (path: string): string | undefined => reading.texts.get(path);
  if (hasTooManyTokens(yamlText)) {
    problems.addAt(0, `there are more than ${maxTokens} words and signs; make the file smaller`);
    return { root: null, problems, textOf };
  }
  const document = parseWithoutStacks(yamlText, lineCounter);
  for (const error of document.errors) problems.addAt(error.pos[0], `this is not valid YAML: ${error.message}`);
  const root = problems.found ? null : convert(reading, document);
  return { root, problems, textOf };
}
