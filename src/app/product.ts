import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, whether run from source or from the published form. */
export const productFolder: string = fileURLToPath(new URL('../..', import.meta.url));

/** The product's own version. */
export const productVersion: string = readVersion();

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
