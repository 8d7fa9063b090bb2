import { ParleyError } from '../../base/index.ts';

type Values = Readonly<Record<string, string>>;

const maxValueLength = 128 * 1024;
/** References behind references, and defaults inside defaults. */
const maxDepth = 100;
const nameStart = /[A-Za-z_]/;
const reference = /^\$\{([A-Za-z_][A-Za-z0-9_.]*)(?::-|\})/;

interface Resolving {
  /** Highest layer first; the node's own environment is not among them. */
  readonly layers: readonly Values[];
  readonly nodeEnvironment: Values;
  readonly done: Map<string, string>;
  /** What is being resolved right now, outermost first. */
  readonly chain: string[];
  /** Defaults that are being expanded, one inside the other. */
  defaults: number;
}

function lookUp(values: Values, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function refuse(message: string, details: Record<string, unknown>): never {
  throw new ParleyError('MANIFEST_INVALID', message, { details });
}

function refuseDepth(variable: string): never {
  refuse(`The variable ${variable} refers to more than ${maxDepth} others in a row. Shorten the chain.`, { variable });
}

/** Where the default of `${NAME:-default}` ends: at the brace that closes the reference, counting those inside. */
function findEnd(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{' && text[at - 1] === '$') open++;
    if (text[at] === '}' && --open === 0) return at;
  }
  return -1;
}

interface Reference {
  readonly name: string;
  readonly fallback: string | undefined;
  readonly end: number;
}

function readReference(text: string, at: number, owner: string): Reference | undefined {
  if (!nameStart.test(text[at + 2] ?? '')) return undefined;
  const found = reference.exec(text.slice(at, at + 300));
  const name = found?.[1];
  if (found === null || name === undefined) return undefined;
  const bodyStart = at + found[0].length;
  if (found[0].endsWith('}')) return { name, fallback: undefined, end: bodyStart };
  const end = findEnd(text, bodyStart);
  if (end === -1)
    refuse(`The variable ${owner} has a \${${name} without its closing brace. Add the brace.`, { variable: owner });
  return { name, fallback: text.slice(bodyStart, end), end: end + 1 };
}

function follow(resolving: Resolving, name: string, owner: string, layer: number): string | undefined {
  // A variable that names itself means the value below: `PATH: ${PATH}:/more`.
  return name === owner ? resolveFrom(resolving, name, layer + 1) : resolveFrom(resolving, name, 0);
}

function expandDefault(resolving: Resolving, fallback: string, owner: string, layer: number): string {
  if (++resolving.defaults > maxDepth) refuseDepth(owner);
  const value = expand(resolving, fallback, owner, layer);
  resolving.defaults--;
  return value;
}

function expandReference(resolving: Resolving, found: Reference, owner: string, layer: number): string {
  const value = follow(resolving, found.name, owner, layer);
  if (found.fallback !== undefined) return value || expandDefault(resolving, found.fallback, owner, layer);
  if (value !== undefined) return value;
  return refuse(
    `The variable ${owner} needs \${${found.name}}, which is not set. Set ${found.name} with the deployment, let the node pass it on, or give a default: \${${found.name}:-…}.`,
    { variable: owner, missing: found.name },
  );
}

function expand(resolving: Resolving, text: string, owner: string, layer: number): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('${', at);
    if (next === -1) return result + text.slice(at);
    const escaped = text[next - 1] === '$' && next > at;
    const found = escaped ? undefined : readReference(text, next, owner);
    result += text.slice(at, escaped ? next - 1 : next);
    result += found ? expandReference(resolving, found, owner, layer) : '${';
    at = found ? found.end : next + 2;
    if (result.length > maxValueLength)
      refuse(`The variable ${owner} grows over ${maxValueLength} characters. Shorten what it refers to.`, {
        variable: owner,
      });
  }
  return result;
}

function checkCycle(resolving: Resolving, key: string): void {
  const start = resolving.chain.indexOf(key);
  if (start === -1) return;
  const chain = [...resolving.chain.slice(start), key].map((item) => item.slice(item.indexOf(' ') + 1));
  refuse(`The environment refers to itself: ${chain.join(' → ')}. Break the circle by giving one of them a value.`, {
    chain,
  });
}

function resolveFrom(resolving: Resolving, name: string, from: number): string | undefined {
  const layer = resolving.layers.findIndex((values, i) => i >= from && lookUp(values, name) !== undefined);
  if (layer === -1) return lookUp(resolving.nodeEnvironment, name);
  const key = `${layer} ${name}`;
  const known = resolving.done.get(key);
  if (known !== undefined) return known;
  checkCycle(resolving, key);
  if (resolving.chain.push(key) > maxDepth) refuseDepth(name);
  const value = expand(resolving, lookUp(resolving.layers[layer] ?? {}, name) ?? '', name, layer);
  resolving.chain.pop();
  resolving.done.set(key, value);
  return value;
}

/**
 * The environment of a worker: the node's (already cut to what may be seen) and the layers above it, lowest first, with
 * `${VAR}` and `${VAR:-default}` resolved against the highest value of VAR; `$${` stands for `${`. The node's own values are
 * taken as they are. Throws MANIFEST_INVALID for a circle (naming it) and for a variable that is not set and has no default.
 */
export function resolveEnvironment(layers: readonly Values[], nodeEnvironment: Values): Record<string, string> {
  const resolving: Resolving = {
    layers: layers.toReversed(),
    nodeEnvironment,
    done: new Map(),
    chain: [],
    defaults: 0,
  };
  const names = new Set([nodeEnvironment, ...layers].flatMap((values) => Object.keys(values)));
  return Object.fromEntries([...names].map((name) => [name, resolveFrom(resolving, name, 0) ?? '']));
}
