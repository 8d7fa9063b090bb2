import { documentContract } from './store-contract/document-contract.ts';
import { expiryContract } from './store-contract/expiry-contract.ts';
import { journalContract } from './store-contract/journal-contract.ts';
import { leaseContract } from './store-contract/lease-contract.ts';
import { shardContract } from './store-contract/shard-contract.ts';
import { createStoreTest, type OpenSubject } from './store-contract/subject.ts';
import { tailContract } from './store-contract/tail-contract.ts';
import { timerContract } from './store-contract/timer-contract.ts';

/** Registers the tests of everything that the store's port guarantees; `open` makes an empty store for each. */
export function storeContract(name: string, open: OpenSubject): void {
  const storeTest = createStoreTest(name, open);
  journalContract(storeTest);
  documentContract(storeTest);
  expiryContract(storeTest);
  tailContract(storeTest);
  shardContract(storeTest);
  leaseContract(storeTest);
  timerContract(storeTest);
}
