/** One shard's part of an ordered list. */
interface Part {
  readonly shard: number;
  readonly waiting: string[];
  /** Where the next page begins: behind this one. */
  last: string | undefined;
  isDone: boolean;
}

export interface MergeOptions {
  readonly shards: readonly number[];
  /** So many members of the shard, in order, behind `last` (undefined: from the beginning). Fewer: there are no more. */
  readonly fetch: (shard: number, last: string | undefined, count: number) => Promise<readonly string[]>;
  /** Negative when the left one comes first. */
  readonly compare: (left: string, right: string) => number;
  /** So many members of each shard are fetched at a time. */
  readonly batch: number;
}

export interface Merged {
  readonly shard: number;
  readonly member: string;
}

/** The members of all shards in one order; each shard is asked for little, and again only when that is used up. */
export async function* mergeShards(options: MergeOptions): AsyncGenerator<Merged, void, undefined> {
  const parts = options.shards.map((shard): Part => ({ shard, waiting: [], last: undefined, isDone: false }));
  while (true) {
    await Promise.all(parts.filter(isEmpty).map((part) => refill(part, options)));
    let first = firstOf(parts, options.compare);
    if (first === undefined) return;
    while (first !== undefined) {
      const member = first.waiting.shift();
      if (member !== undefined) yield { shard: first.shard, member };
      first = isEmpty(first) ? undefined : firstOf(parts, options.compare);
    }
  }
}

/** True when nobody knows what comes next in the shard. */
function isEmpty({ waiting, isDone }: Part): boolean {
  return waiting.length === 0 && !isDone;
}

async function refill(part: Part, { fetch, batch }: MergeOptions): Promise<void> {
  const members = await fetch(part.shard, part.last, batch);
  part.waiting.push(...members);
  part.last = members.at(-1) ?? part.last;
  part.isDone = members.length < batch;
}

function firstOf(parts: readonly Part[], compare: MergeOptions['compare']): Part | undefined {
  let first: Part | undefined;
  for (const part of parts) {
    const [member] = part.waiting;
    if (member === undefined) continue;
    const [best] = first?.waiting ?? [];
    if (best === undefined || compare(member, best) < 0) first = part;
  }
  return first;
}
