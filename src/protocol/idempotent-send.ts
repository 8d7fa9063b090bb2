import type { AgentCard } from './model.ts';

/**
 * Names the extension by which a send is done once however often it comes. A caller asks for it with the header `A2A-Extensions`
 * (`X-A2A-Extensions` in 0.3). The key is the text at `metadata[idempotentKeyName]` of the message, else the message's id.
 */
export const idempotentSendUri = 'urn:parley:idempotent-send:v1';

/** Where a message's metadata has its key. */
export const idempotentKeyName: `${typeof idempotentSendUri}/key` = `${idempotentSendUri}/key`;

/** The extension as a card declares it. A caller need not know it. */
export const idempotentSendExtension: NonNullable<AgentCard['capabilities']['extensions']>[number] = {
  uri: idempotentSendUri,
  description: 'A send that comes again, with the same key, is answered with the task of the first one.',
  params: { key: idempotentKeyName, keptHours: 24 },
};
