import { isObject, type JsonObject, ParleyError } from '../base/index.ts';
import type { AgentCard, AgentInterface, AgentSkill } from './model.ts';

type Fields = Readonly<Record<string, unknown>>;

const maxSkills = 1_000;
const maxInterfaces = 100;

/**
 * Another server's card, of A2A 1.0, 0.3 or 0.2.6, or one that speaks several: its interfaces in the order in which it prefers
 * them, those of 1.0 first. It is read leniently: only a card that names no address is INVALID_AGENT_RESPONSE.
 */
export function decodeCard(json: unknown): AgentCard {
  if (!isObject(json)) throw invalidCard('it is not a JSON object');
  const supportedInterfaces = readInterfaces(json);
  if (supportedInterfaces.length === 0) throw invalidCard('it names no address');
  const capabilities = objectOf(json['capabilities']);
  return {
    name: textOf(json['name']),
    description: textOf(json['description']),
    version: textOf(json['version']),
    supportedInterfaces,
    ...readProvider(json['provider']),
    ...optional('documentationUrl', json['documentationUrl']),
    capabilities: {
      streaming: capabilities['streaming'] === true,
      pushNotifications: capabilities['pushNotifications'] === true,
      extendedAgentCard:
        capabilities['extendedAgentCard'] === true || json['supportsAuthenticatedExtendedCard'] === true,
      extensions: listOf(capabilities['extensions']).flatMap(readExtension),
    },
    defaultInputModes: textsOf(json['defaultInputModes']),
    defaultOutputModes: textsOf(json['defaultOutputModes']),
    skills: listOf(json['skills']).slice(0, maxSkills).flatMap(readSkill),
  };
}

function readInterfaces(card: Fields): readonly AgentInterface[] {
  const newer = listOf(card['supportedInterfaces']).flatMap((entry) =>
    readInterface(entry, { url: entry['url'], binding: entry['protocolBinding'], version: entry['protocolVersion'] }),
  );
  const version = card['protocolVersion'] ?? '0.3';
  const older = [
    { url: card['url'], binding: card['preferredTransport'] ?? 'JSONRPC', version },
    ...listOf(card['additionalInterfaces']).map(({ url, transport }) => ({ url, binding: transport, version })),
  ].flatMap((entry) => readInterface({}, entry));
  const all = newer.length > 0 ? newer : older;
  const isNew = ({ protocolVersion }: AgentInterface): boolean => protocolVersion === '1.0';
  return [...all.filter(isNew), ...all.filter((entry) => !isNew(entry))].slice(0, maxInterfaces);
}

interface WireInterface {
  readonly url: unknown;
  readonly binding: unknown;
  readonly version: unknown;
}

const bindings: readonly unknown[] = ['JSONRPC', 'HTTP+JSON', 'GRPC'];

/** None, when it is one that nobody here knows. */
function readInterface(entry: Fields, { url, binding, version }: WireInterface): readonly AgentInterface[] {
  const protocolVersion = toVersion(version);
  if (typeof url !== 'string' || url === '' || !bindings.includes(binding) || protocolVersion === undefined) return [];
  const protocolBinding = binding as AgentInterface['protocolBinding'];
  return [{ url, protocolBinding, protocolVersion, ...optional('tenant', entry['tenant']) }];
}

/** `1.0` or `0.3`, which is 0.2's too; patch numbers do not matter. */
function toVersion(version: unknown): string | undefined {
  const text = version === undefined || version === '' ? '0.3' : String(version);
  if (/^1\.0(\.\d+)?$/.test(text)) return '1.0';
  return /^0\.[23](\.\d+)?$/.test(text) ? '0.3' : undefined;
}

function readSkill(skill: Fields): readonly AgentSkill[] {
  const id = textOf(skill['id']);
  if (id === '') return [];
  return [
    {
      id,
      name: textOf(skill['name']) || id,
      description: textOf(skill['description']),
      tags: textsOf(skill['tags']),
      ...optionalTexts('examples', skill['examples']),
      ...optionalTexts('inputModes', skill['inputModes']),
      ...optionalTexts('outputModes', skill['outputModes']),
    },
  ];
}

function readExtension(extension: Fields): readonly { readonly uri: string; readonly params?: JsonObject }[] {
  const { uri, params } = extension;
  if (typeof uri !== 'string' || uri === '') return [];
  return [{ uri, ...(isObject(params) && { params: params as JsonObject }) }];
}

function readProvider(value: unknown): Pick<AgentCard, 'provider'> {
  if (!isObject(value)) return {};
  return { provider: { organization: textOf(value['organization']), url: textOf(value['url']) } };
}

function objectOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '') : [];
}

function optional<Name extends string>(name: Name, value: unknown): { readonly [K in Name]?: string } {
  return (typeof value === 'string' && value !== '' ? { [name]: value } : {}) as { readonly [K in Name]?: string };
}

function optionalTexts<Name extends string>(name: Name, value: unknown): { readonly [K in Name]?: readonly string[] } {
  const texts = textsOf(value);
  return (texts.length > 0 ? { [name]: texts } : {}) as { readonly [K in Name]?: readonly string[] };
}

function invalidCard(why: string): ParleyError {
  return new ParleyError('INVALID_AGENT_RESPONSE', `The agent's card cannot be used: ${why}.`);
}
