import type { Sealer } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import type { DeployWebhook } from './outcome.ts';

/** Name of the collection in the store, whose index is `all`. */
export const deployWebhookCollection = 'deploy-webhooks';

/** A webhook that is still to be told. */
export interface OpenWebhook {
  readonly deploymentId: string;
  readonly agentId: string;
  /** The deployment that is meant is not older. */
  readonly askedAtMs: number;
  /** The webhook as JSON, sealed. */
  readonly sealed: string;
}

/** Webhooks of deploy calls in the store, one per deployment id. */
export interface WebhookBook {
  seal(open: Omit<OpenWebhook, 'sealed'>, webhook: DeployWebhook): OpenWebhook;
  put(open: OpenWebhook): Promise<void>;
  remove(deploymentId: string): Promise<void>;
  list(): Promise<readonly OpenWebhook[]>;
  open(webhook: OpenWebhook): DeployWebhook;
}

const collection = deployWebhookCollection;
const index = 'all';
const equals = 'all';

/** The book over the store; addresses and secrets are sealed. */
export function createWebhookBook(store: Store, sealer: Sealer): WebhookBook {
  return {
    seal: (open, webhook) => ({ ...open, sealed: sealer.seal(JSON.stringify(webhook)) }),
    put(open) {
      const indexes = { [index]: { equals, sort: open.deploymentId } };
      const documents = [{ collection, value: JSON.stringify(open), indexes }];
      return store.commit({ key: open.deploymentId, documents });
    },
    remove: (key) => store.commit({ key, documents: [{ collection }] }),
    async list() {
      const found: OpenWebhook[] = [];
      let cursor: string | undefined;
      do {
        const after = cursor === undefined ? {} : { cursor };
        const page = await store.find({ collection, index, equals, order: 'ascending', limit: 200, ...after });
        for (const { value } of page.documents) found.push(JSON.parse(value) as OpenWebhook);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found;
    },
    open: ({ sealed }) => JSON.parse(sealer.open(sealed)) as DeployWebhook,
  };
}
