import { type Fence, type Store, shardCount } from '../../store/index.ts';

/** Collection of what the relay has published: one document. */
export const relayCollection = 'relay';

const documentKey = 'relay:task-events';

/** How far each shard is published, as the store keeps it: what came behind is published again after a crash. */
export class RelayPositions {
  readonly #store: Pick<Store, 'get' | 'commit'>;
  #positions: string[] = Array.from({ length: shardCount }, () => '');
  #isSaved = true;

  constructor(store: Pick<Store, 'get' | 'commit'>) {
    this.#store = store;
  }

  get(shard: number): string {
    return this.#positions[shard] ?? '';
  }

  set(shard: number, position: string): void {
    this.#positions[shard] = position;
    this.#isSaved = false;
  }

  async load(): Promise<void> {
    const document = await this.#store.get(relayCollection, documentKey);
    const stored = document === undefined ? [] : (JSON.parse(document.value) as readonly string[]);
    this.#positions = Array.from({ length: shardCount }, (_, shard) => stored[shard] ?? '');
    this.#isSaved = true;
  }

  /** FENCED when another relay has taken over. */
  async save(fence: Fence): Promise<void> {
    if (this.#isSaved) return;
    const value = JSON.stringify(this.#positions);
    this.#isSaved = true;
    try {
      await this.#store.commit({ key: documentKey, documents: [{ collection: relayCollection, value }], fence });
    } catch (thrown) {
      this.#isSaved = false;
      throw thrown;
    }
  }
}
