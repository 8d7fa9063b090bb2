import { listPids, type ProcessFacts, readFacts, readMark, readUid } from './process-facts.ts';

/** Whose processes are looked for: of a group, with a mark, and by user where the user is its own. */
export interface ProcessFamily {
  /** Leader of the group and its number. */
  readonly pid: number;
  readonly mark: string;
  readonly uid?: number | undefined;
}

interface Known {
  readonly facts: ProcessFacts;
  readonly family: ProcessFamily;
}

/** So many processes are read before others of this event loop get their turn. */
const chunkSize = 32;
/** After so many scans the strangers are looked at again: a number may name another process by then. */
const strangerScans = 20;

/**
 * Which processes of this machine belong to which family, also those that left the group or the session, or whose parent has
 * ended. A process belongs where its group, its mark, its parent or its user belongs, and stays there. A process that hides
 * all four between two scans is not found. Where there is no `/proc` nothing is found.
 */
export class ProcessIndex {
  readonly #families = new Map<number, ProcessFamily>();
  readonly #known = new Map<number, Known>();
  readonly #strangers = new Set<number>();
  #scans = 0;
  #running: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  add(family: ProcessFamily): void {
    this.#families.set(family.pid, family);
  }

  remove(pid: number): void {
    this.#families.delete(pid);
    for (const [member, { family }] of this.#known) if (family.pid === pid) this.#known.delete(member);
  }

  /** The processes of the family that ran at the last scan. */
  membersOf(pid: number): readonly ProcessFacts[] {
    const known = [...this.#known.values()].filter(({ family }) => family.pid === pid);
    return known.map(({ facts }) => facts).filter(({ state }) => state !== 'Z' && state !== 'X');
  }

  /** Looks at the machine again. All who ask while one scan is under way share the next. */
  scan(): Promise<void> {
    this.#queued ??= this.#running.then(() => {
      this.#queued = undefined;
      this.#running = this.#scan();
      return this.#running;
    });
    return this.#queued;
  }

  async #scan(): Promise<void> {
    if (++this.#scans % strangerScans === 0) this.#strangers.clear();
    const pids = (listPids() ?? []).filter((pid) => pid !== process.pid);
    const there = new Set(pids);
    for (const pid of this.#strangers) if (!there.has(pid)) this.#strangers.delete(pid);
    for (const pid of this.#known.keys()) if (!there.has(pid)) this.#known.delete(pid);
    const unclear: ProcessFacts[] = [];
    const looked = pids.filter((pid) => !this.#strangers.has(pid));
    for (const [index, pid] of looked.entries()) {
      if (index % chunkSize === chunkSize - 1) await new Promise((resolve) => setImmediate(resolve));
      const facts = this.#look(pid);
      if (facts !== undefined) unclear.push(facts);
    }
    this.#settle(unclear);
  }

  /** Gives back what cannot be told without its parents. */
  #look(pid: number): ProcessFacts | undefined {
    const facts = readFacts(pid);
    const before = this.#known.get(pid);
    this.#known.delete(pid);
    if (facts === undefined) return undefined;
    const family = before?.facts.startedAtTicks === facts.startedAtTicks ? before.family : this.#findFamily(facts);
    if (family === undefined) return facts;
    if (this.#families.has(family.pid)) this.#known.set(pid, { facts, family });
    return undefined;
  }

  #findFamily({ pid, group }: ProcessFacts): ProcessFamily | undefined {
    const ofGroup = this.#families.get(group);
    if (ofGroup !== undefined) return ofGroup;
    const mark = readMark(pid);
    const families = [...this.#families.values()];
    const marked = mark === undefined ? undefined : families.find((family) => family.mark === mark);
    if (marked !== undefined || mark !== undefined) return marked;
    const uid = readUid(pid);
    return families.find((family) => family.uid !== undefined && family.uid === uid);
  }

  /** Children go where their parents are; who has no known ancestor is a stranger. */
  #settle(unclear: readonly ProcessFacts[]): void {
    let open = unclear;
    for (let before = -1; before !== open.length; ) {
      before = open.length;
      open = open.filter((facts) => !this.#adopt(facts));
    }
    for (const { pid } of open) this.#strangers.add(pid);
  }

  #adopt(facts: ProcessFacts): boolean {
    const family = this.#known.get(facts.parent)?.family;
    if (family === undefined) return false;
    this.#known.set(facts.pid, { facts, family });
    return true;
  }
}
