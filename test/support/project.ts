import { fileURLToPath } from 'node:url';

/** The project's own folder. */
export const projectFolder: string = fileURLToPath(new URL('../..', import.meta.url));
