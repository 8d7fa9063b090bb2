import type { ManifestResources } from '../packages/manifest-model.ts';
import type { ResourceLimits } from './model.ts';

/** Who has a say in what the processes of one replica may use. */
export interface LimitSources {
  /** The deploy request; wins. */
  readonly asked: ResourceLimits;
  /** The package, which may lower what the settings say, and not raise it. */
  readonly manifest: ManifestResources;
  readonly settings: ResourceLimits;
}

/** Pure: what they may use. */
export function resolveLimits({ asked, manifest, settings }: LimitSources): ResourceLimits {
  return {
    memoryBytes: asked.memoryBytes ?? lower(manifest.memoryBytes, settings.memoryBytes),
    cpus: asked.cpus ?? lower(manifest.cpus, settings.cpus),
  };
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
