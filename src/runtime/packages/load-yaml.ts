import { createRequire } from 'node:module';

type Yaml = typeof import('yaml');

const load = createRequire(import.meta.url);
let loaded: Yaml | undefined;

/** The YAML library, from its first use on: a node that reads no YAML does not carry it. */
export function loadYaml(): Yaml {
  loaded ??= load('yaml') as Yaml;
  return loaded;
}
