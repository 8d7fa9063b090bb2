/**
 * Reads one value of parsed JSON. `parent` and `key` say where it stands and are joined to a path only when it is wrong.
 * Undefined means: as if the field were not there. Throws INVALID_PARAMS.
 */
export type Read<T> = (value: unknown, parent: string, key: string | number) => T;
