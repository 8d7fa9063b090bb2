import { hasCode, ParleyError } from '../../base/index.ts';
import { fingerprintKey, loadSecret } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import type { FabricConfig } from '../nodes-config.ts';

/** Collection with what all nodes of a fabric must agree on. */
export const fabricCollection = 'fabric';

const documentKey = 'key';
const minLength = 32;

/** The secret that the nodes share: the setting, the file, else this node's own key. CONFIG_INVALID for a file that is not there. */
export async function resolveFabricKey({ key, keyFile }: FabricConfig, nodeKey: string): Promise<string> {
  if (key !== undefined) return key;
  if (keyFile === undefined) return nodeKey;
  const secret = await loadSecret(keyFile);
  if (secret !== undefined && secret.length >= minLength) return secret;
  const problem = secret === undefined ? 'is not there' : `has less than ${minLength} characters`;
  throw new ParleyError('CONFIG_INVALID', `The file ${keyFile} (fabric.keyFile) ${problem}.`);
}

/** CONFIG_INVALID when the store belongs to nodes with another key: nothing that they sealed could be opened. */
export async function requireFabricKey(store: Store, fabricKey: string): Promise<void> {
  const value = JSON.stringify({ fingerprint: fingerprintKey(fabricKey) });
  const found = (await store.get(fabricCollection, documentKey))?.value;
  if (found === value) return;
  if (found !== undefined) throw otherKey();
  try {
    await store.commit({ key: documentKey, documents: [{ collection: fabricCollection, value, expect: 'absent' }] });
  } catch (thrown) {
    if (!hasCode(thrown, 'VERSION_CONFLICT')) throw thrown;
    await requireFabricKey(store, fabricKey);
  }
}

function otherKey(): ParleyError {
  const message =
    "The nodes that use this store have another key. Give this one theirs: the setting fabric.key, fabric.keyFile, PARLEY_FABRIC_KEY, or a copy of the first node's node.key.";
  return new ParleyError('CONFIG_INVALID', message);
}
