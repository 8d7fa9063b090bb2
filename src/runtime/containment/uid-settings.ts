/** Which users deployments run as. */
export interface UidSettings {
  /** `auto`: each deployment its own where the node is root and that user can reach what it needs; `require`: refuse where not. */
  readonly mode: 'auto' | 'off' | 'require';
  /** First user id of the range; also the group id that all of them share. */
  readonly first: number;
  readonly count: number;
}

export const defaultUidSettings: UidSettings = Object.freeze({ mode: 'auto', first: 50_000, count: 10_000 });
