import type { Storage, StorageStatus } from './open-storage.ts';

/** The place of the node's storage, which is opened after the front door. */
export class StorageSlot {
  #storage: Storage | undefined;

  use(storage: Storage): void {
    this.#storage = storage;
  }

  /** Undefined until it is opened. */
  status(): StorageStatus | undefined {
    return this.#storage?.status();
  }

  /** Closes what was opened, if anything was. */
  async close(): Promise<void> {
    await this.#storage?.close();
  }
}
