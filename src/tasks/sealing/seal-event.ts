import { isObject } from '../../base/index.ts';
import type { TaskEvent } from '../events.ts';
import type { PartyKey, PartyKeys } from './party-keys.ts';

/** In place of who owned what was erased. */
export const erasedParty = 'erased';

const nothing = { messageId: erasedParty, role: 'user', parts: [] };

/** What of an event says nothing of its party: its course stays readable. Undefined: all of it does. */
function withoutContents(event: TaskEvent): object | undefined {
  switch (event.type) {
    case 'submitted': {
      const { agentId, endpointId, contextId, skill, correlationId, causationId, traceparent, node, at, type } = event;
      const known = { type, at, agentId, endpointId, contextId, skill, correlationId, causationId, traceparent };
      return { ...known, node, owner: erasedParty, origin: erasedParty, path: [], message: nothing };
    }
    case 'status': {
      const { message, ...known } = event;
      return message === undefined ? undefined : known;
    }
    case 'artifact': {
      const { artifact, ...known } = event;
      return { ...known, artifact: { artifactId: artifact.artifactId, parts: [] } };
    }
    case 'message':
      return { ...event, message: nothing };
    case 'reply':
      return { ...event, message: { ...nothing, role: 'agent' } };
    case 'cancel':
      return { ...event, by: erasedParty };
    case 'dispatched':
    case 'taken':
    case 'redriven':
      return undefined;
  }
}

/** The event with its contents sealed; what it is and when it was can be read by everybody. */
export function sealEvent(text: string, { id, sealer }: PartyKey): string {
  const known = withoutContents(JSON.parse(text) as TaskEvent);
  return known === undefined ? text : JSON.stringify({ ...known, sealed: { key: id, data: sealer.seal(text) } });
}

/** The event as it was before it was sealed; without its contents when its party was erased, or it cannot be opened. */
export async function openEvent(text: string, keys: Pick<PartyKeys, 'find'>): Promise<string> {
  if (!text.includes('"sealed"')) return text;
  const parsed = parse(text);
  if (!isObject(parsed) || !isObject(parsed['sealed'])) return text;
  const { sealed, ...known } = parsed;
  const { key, data } = sealed as { readonly key?: unknown; readonly data?: unknown };
  const sealer = typeof key === 'string' ? await keys.find(key) : undefined;
  try {
    if (sealer !== undefined && typeof data === 'string') return sealer.open(data);
  } catch {
    // Somebody has written what nobody of the fabric has sealed.
  }
  return JSON.stringify(known);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
