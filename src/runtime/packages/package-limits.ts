/** What a package may cost before it is refused; every number is a bound on untrusted input. */
export interface PackageLimits {
  /** Size of the `.apkg` file. */
  readonly packageBytes: number;
  /** Sum of the unpacked files. */
  readonly unpackedBytes: number;
  /** Unpacked size over packed size, asked only when more than `ratioFreeBytes` are unpacked. */
  readonly ratio: number;
  readonly ratioFreeBytes: number;
  /** Files and folders together. */
  readonly entries: number;
  /** UTF-8 bytes of one entry's name. */
  readonly nameBytes: number;
  /** Size of agent.yaml, and of each other small file that is read whole. */
  readonly manifestBytes: number;
}

/** The bounds that hold unless a caller gives others (docs/packages.md). */
export const defaultPackageLimits: PackageLimits = Object.freeze({
  packageBytes: 100 * 1024 * 1024,
  unpackedBytes: 500 * 1024 * 1024,
  ratio: 100,
  ratioFreeBytes: 10 * 1024 * 1024,
  entries: 10_000,
  nameBytes: 512,
  manifestBytes: 128 * 1024,
});
