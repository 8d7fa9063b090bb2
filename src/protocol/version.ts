import { ParleyError } from '../base/index.ts';
import type { Codec } from './codec.ts';
import { v1Codec } from './v1/codec.ts';
import { v03Codec, v03RestCodec } from './v03/codec.ts';

export type Binding = 'json-rpc' | 'rest';

/** A version's codec in each binding. */
type Codecs = Readonly<Record<Binding, Codec>>;

const old: Codecs = { 'json-rpc': v03Codec, rest: v03RestCodec };
const codecs: ReadonlyMap<string, Codecs> = new Map([
  ['1.0', { 'json-rpc': v1Codec, rest: v1Codec }],
  ['0.3', old],
  // Its bodies are those of 0.3.
  ['0.2', old],
]);

/** The versions that are spoken, newest first, as an A2A-Version header names them. */
const supportedVersions: readonly string[] = [...codecs.keys()];

/** What of a request tells its version. */
export interface VersionHints {
  /** The A2A-Version header. */
  readonly header?: string | undefined;
  /** The query parameter of the same name. */
  readonly query?: string | undefined;
  /** JSON-RPC only. */
  readonly method?: string | undefined;
  /** HTTP+JSON only: the path below the agent's base. */
  readonly path?: string | undefined;
  /** Default JSON-RPC. */
  readonly binding?: Binding;
}

/**
 * The codec for a request: an explicit header wins, then the query, else the grammar of the method (`message/send` is 0.3,
 * `SendMessage` 1.0) or of the path (`/v1/` is 0.3). Patch numbers do not matter. Throws VERSION_NOT_SUPPORTED, which lists what is.
 */
export function resolveVersion(hints: VersionHints): Codec {
  const requested = hints.header?.trim() || hints.query?.trim() || guessVersion(hints);
  const codec = codecs.get(dropPatch(requested));
  if (codec !== undefined) return codec[hints.binding ?? 'json-rpc'];
  throw new ParleyError(
    'VERSION_NOT_SUPPORTED',
    `A2A ${requested.slice(0, 32)} is not supported; use one of ${supportedVersions.join(', ')} and say so in the A2A-Version header.`,
    { details: { requested: requested.slice(0, 32), supported: supportedVersions.join(', ') } },
  );
}

function guessVersion(hints: VersionHints): string {
  const isOld = hints.method === undefined ? hints.path?.startsWith('/v1/') : hints.method.includes('/');
  return isOld ? '0.3' : '1.0';
}

function dropPatch(version: string): string {
  return /^(\d+\.\d+)\.\d+$/.exec(version)?.[1] ?? version;
}
