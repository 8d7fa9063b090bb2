import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './statistics.ts';

/** Median time of appending 4 kB to a file in `folder` and forcing it to the disk, in milliseconds. */
export function measureFsyncMs(folder: string, times: number = 200): number {
  const block = Buffer.alloc(4096, 1);
  const file = openSync(join(folder, 'fsync-probe'), 'w');
  const samples = Array.from({ length: times }, () => {
    const startMs = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - startMs;
  });
  closeSync(file);
  return median(samples);
}
