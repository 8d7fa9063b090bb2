/** How environments of packages are made and kept. */
export interface EnvironmentSettings {
  /** One run of pip or npm may take so long. */
  readonly installTimeoutMs: number;
  /** The processes of one run may use so much together. */
  readonly installMemoryBytes: number;
  /** An environment that no deployment has asked for during that time is removed when the node starts. */
  readonly keepMs: number;
}

export const defaultEnvironmentSettings: EnvironmentSettings = Object.freeze({
  installTimeoutMs: 600_000,
  installMemoryBytes: 2 * 1024 ** 3,
  keepMs: 7 * 24 * 3_600_000,
});
