import { ParleyError } from '../../base/index.ts';
import type { Database } from '../../drivers/sqlite/index.ts';
import type { StoreSchema } from '../port.ts';

/** The small numbers that stand for collections and their indexes in the file. */
export interface NameIds {
  readonly collections: ReadonlyMap<string, number>;
  readonly indexes: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** The collection's number. Throws INVALID_PARAMS for one that the schema does not declare. */
export function collectionId(ids: NameIds, collection: string): number {
  const id = ids.collections.get(collection);
  if (id === undefined) throw undeclared(`The collection ${collection}`);
  return id;
}

/** The index's number. Throws INVALID_PARAMS for one that the schema does not declare. */
export function indexId(ids: NameIds, collection: string, index: string): number {
  const id = ids.indexes.get(collection)?.get(index);
  if (id === undefined) throw undeclared(`The index ${index} of ${collection}`);
  return id;
}

/** Gives every declared name its number, the same one for ever. */
export function numberNames(database: Database, schema: StoreSchema): NameIds {
  const insert = database.prepare('INSERT OR IGNORE INTO name (name) VALUES (?)');
  const select = database.prepare('SELECT id FROM name WHERE name = ?');
  const idOf = (name: string): number => {
    insert.run(name);
    return Number(select.get(name)?.['id']);
  };
  const collections = new Map<string, number>();
  const indexes = new Map<string, ReadonlyMap<string, number>>();
  for (const [collection, { indexes: names }] of Object.entries(schema.collections)) {
    collections.set(collection, idOf(collection));
    indexes.set(collection, new Map(names.map((index) => [index, idOf(`${collection}/${index}`)])));
  }
  return { collections, indexes };
}

function undeclared(what: string): ParleyError {
  return new ParleyError('INVALID_PARAMS', `${what} is not declared. Add it to the schema the store is opened with.`);
}
