import { hasCode, ParleyError } from '../base/index.ts';
import {
  type CardSigner,
  createCardSigner,
  createEs256Key,
  createSealer,
  createWebhookSigner,
  loadOrCreateSecret,
  loadSecret,
  type WebhookSigner,
} from '../security/index.ts';
import type { Store } from '../store/index.ts';
import type { DataFolder } from './data-folder.ts';
import { fabricCollection } from './nodes/fabric-key.ts';

/** What signs in the fabric's name. */
export interface Signers {
  readonly webhookSigner: WebhookSigner;
  readonly cardSigner: CardSigner;
  /** What others check with that something is from this fabric, as a JSON Web Key Set. */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>;
}

export interface SignersOptions {
  readonly folder: Pick<DataFolder, 'webhookKey' | 'cardKey'>;
  readonly store: Store;
  /** True when other nodes use the store, too. */
  readonly isShared: boolean;
  /** The fabric's secret, under which the store keeps the keys. */
  readonly key: string;
  /** The address of the fabric. */
  readonly url: () => string;
}

/**
 * Signers with the keys of the data folder, made with the first start. Nodes of one fabric sign with the same keys: those of the node
 * that came first, which the store keeps sealed. CONFIG_INVALID when others may read a file.
 */
export async function openSigners(options: SignersOptions): Promise<Signers> {
  const { folder, isShared, url } = options;
  const load = isShared ? (file: string, name: string) => agree(options, file, name) : loadOwn;
  const [webhookKey, cardKey] = await Promise.all([
    load(folder.webhookKey, 'webhook-signing'),
    load(folder.cardKey, 'card-signing'),
  ]);
  const webhookSigner = createWebhookSigner(webhookKey, url);
  const cardSigner = createCardSigner(cardKey);
  return {
    webhookSigner,
    cardSigner,
    publicKeys: async () => ({ keys: [...(await webhookSigner.keys()).keys, cardSigner.key] }),
  };
}

function loadOwn(file: string): Promise<string> {
  return loadOrCreateSecret(file, createEs256Key);
}

/** What the store has; without it this node's own goes there, unless another is quicker. */
async function agree(options: SignersOptions, file: string, name: string): Promise<string> {
  const { store, key } = options;
  const sealer = createSealer(key);
  const kept = (await store.get(fabricCollection, name))?.value;
  if (kept !== undefined) return sealer.open(kept);
  const own = (await loadSecret(file)) ?? createEs256Key();
  try {
    const value = sealer.seal(own);
    await store.commit({ key: name, documents: [{ collection: fabricCollection, value, expect: 'absent' }] });
    return own;
  } catch (thrown) {
    if (!hasCode(thrown, 'VERSION_CONFLICT')) throw ParleyError.from(thrown);
    return agree(options, file, name);
  }
}
