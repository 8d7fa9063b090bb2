/** What holds the processes of one worker, or of one program call, in their place. What is undefined is not restricted. */
export interface Confinement {
  /** The user and the group they run as; only a node that is root can set them. */
  readonly uid?: number;
  readonly gid?: number;
  /** Of all of them together; over it they are killed. */
  readonly memoryBytes?: number;
  /** Processor cores that they may use together. */
  readonly cpus?: number;
  /** Their HOME, with a folder `tmp` in it; they own both. */
  readonly homeFolder?: string;
}

/** Bytes as people read them, in whole MB of 1024 × 1024. */
export function formatMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MB`;
}
