import { removeLetter } from '../../resilience/index.ts';
import type { Store } from '../../store/index.ts';
import { taskCollection, taskJournal } from '../events.ts';
import { hasEnded } from '../fold.ts';
import { readTaskStates } from '../replay/read-task-states.ts';
import type { PartyKeys } from './party-keys.ts';

/** What an erasure takes away. */
export interface Erasure {
  /** Keys of the party: what was sealed with them in the log cannot be read any more. 0: nothing there was sealed. */
  readonly keys: number;
  /** Tasks of the party that had ended, gone from the store. */
  readonly tasks: number;
  /** Tasks that run: they stay, and are to be erased when they have ended. */
  readonly open: readonly string[];
}

export interface EraseOptions {
  readonly store: Pick<Store, 'commit' | 'read' | 'readShard'>;
  readonly keys: Pick<PartyKeys, 'count' | 'erase'>;
  /** The principal that began the chain of calls, or on whose behalf an award is worked on. */
  readonly party: string;
  /** Counts, and erases nothing. */
  readonly isDry: boolean;
}

/** Takes one party's data away, from the log and from the store; all that belongs to others stays. */
export async function eraseParty({ store, keys, party, isDry }: EraseOptions): Promise<Erasure> {
  const erased = isDry ? await keys.count(party) : await keys.erase(party);
  const open: string[] = [];
  let tasks = 0;
  for await (const states of readTaskStates(store)) {
    for (const state of states.filter(({ submitted }) => (submitted.party ?? submitted.origin) === party)) {
      if (!hasEnded(state)) {
        open.push(state.id);
        continue;
      }
      tasks++;
      if (isDry) continue;
      const documents = [{ collection: taskCollection }, removeLetter()];
      await store.commit({ key: state.id, documents, dropJournal: taskJournal });
    }
  }
  return { keys: erased, tasks, open };
}
