import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when `holds` does; rejects, naming what was waited for, when it does not within `timeoutMs`. */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs: number = 30_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`Waited ${timeoutMs} ms, but not: ${what}.`);
    await delay(20);
  }
}
