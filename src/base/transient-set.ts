/** A place in a `TransientSet`: what is in it, until it is removed. */
export interface TransientPlace<Value> {
  readonly value: Value | undefined;
}

/** A set for what comes and goes with every call; see `TransientMap` for why a plain Set is not it. Each `add` makes a place of its own. */
export class TransientSet<Value extends object> {
  readonly #places = new Set<{ value: Value | undefined }>();

  get size(): number {
    return this.#places.size;
  }

  add(value: Value): TransientPlace<Value> {
    const place = { value };
    this.#places.add(place);
    return place;
  }

  /** False when it is empty already. */
  remove(place: TransientPlace<Value>): boolean {
    const own: { value: Value | undefined } = place;
    own.value = undefined;
    return this.#places.delete(own);
  }

  /** In the order of their coming; may change meanwhile. */
  *[Symbol.iterator](): Generator<Value, void, undefined> {
    for (const { value } of this.#places) if (value !== undefined) yield value;
  }
}
