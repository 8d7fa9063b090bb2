/**
 * A map for what comes and goes with every call. A plain Map keeps such values for long: V8 links each table that a Map has
 * outgrown to the next one, so that a single old table keeps all later ones from the young generation's collector, with what was in
 * them (measured: a third of a node's time under load). Here values lie in cells that are emptied when they are removed.
 */
export class TransientMap<Key, Value extends object> {
  readonly #cells = new Map<Key, Cell<Value>>();

  get size(): number {
    return this.#cells.size;
  }

  get(key: Key): Value | undefined {
    return this.#cells.get(key)?.value;
  }

  has(key: Key): boolean {
    return this.#cells.has(key);
  }

  set(key: Key, value: Value): void {
    this.delete(key);
    this.#cells.set(key, { value });
  }

  /** False when it was not there. */
  delete(key: Key): boolean {
    const cell = this.#cells.get(key);
    if (cell === undefined) return false;
    cell.value = undefined;
    return this.#cells.delete(key);
  }

  clear(): void {
    for (const key of [...this.#cells.keys()]) this.delete(key);
  }

  /** In the order of their coming; may change meanwhile. */
  keys(): IterableIterator<Key> {
    return this.#cells.keys();
  }

  /** In the order of their coming; may change meanwhile. */
  *values(): Generator<Value, void, undefined> {
    for (const { value } of this.#cells.values()) if (value !== undefined) yield value;
  }
}

interface Cell<Value> {
  value: Value | undefined;
}
