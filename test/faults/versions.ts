import type { TestContext } from 'node:test';
import type { ExecutionEvent } from '../../src/agents/index.ts';
import { isObject } from '../../src/base/index.ts';
import type { DeployRequest, RuntimeOptions } from '../../src/runtime/index.ts';
import { type Gate, openGate } from '../support/gate.ts';
import {
  type After,
  call,
  createAfter,
  createFolder,
  startNode,
  type TestNode,
  untilHealthy,
  writePackage,
} from './runtime-fixture.ts';

/** A runtime with an agent `speaker` of which there are versions; they wait at `gate`. */
export interface Speakers extends TestNode {
  readonly folder: string;
  readonly gate: Gate;
  readonly after: After;
  /** Deploys that version as `s1`, `s2`…, and resolves once it is healthy. */
  deploy(version: number, request?: Partial<DeployRequest>): Promise<void>;
}

/** Starts the runtime; it ends with the test. */
export async function startSpeakers(
  t: TestContext,
  options: (folder: string) => Partial<RuntimeOptions> = () => ({}),
): Promise<Speakers> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const gate = await openGate(folder);
  after(() => gate.close());
  const node = await startNode(folder, options(folder));
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  const deploy = async (version: number, request: Partial<DeployRequest> = {}): Promise<void> => {
    const environment = { GATE: gate.path, FROM: `operator of ${version}` };
    const source = await writeSpeaker(folder, version);
    const { id } = await node.runtime.deploy({ source, deploymentId: `s${version}`, environment, ...request });
    await untilHealthy(node.runtime, id);
  };
  return { ...node, folder, gate, after, deploy };
}

/** The package of one version: `say` tells the version, `hold` waits at the gate of that name, `ask` asks its caller. */
export function writeSpeaker(folder: string, version: number): ReturnType<typeof writePackage> {
  const skills = ['say', 'hold', 'ask'].map((name) => `  - {name: ${name}, type: function, handler: agent.${name}}`);
  return writePackage(folder, `speaker-${version}`, {
    'agent.yaml': `name: speaker\nversion: ${version}.0.0\nruntime: node24\nexports:\n${skills.join('\n')}\n`,
    'agent.js': `
import { connect } from 'node:net';
import { once } from 'node:events';

export const say = () => ({ version: ${version}, from: process.env.FROM });
export async function hold() {
  const gate = connect(process.env.GATE);
  gate.write('hold ' + process.pid + '\\n');
  await once(gate, 'data');
  gate.destroy();
  return { version: ${version} };
}
export async function ask(_, context) {
  const { text } = await context.ask('What?');
  return { version: ${version}, text };
}
`,
  });
}

/** Which version answers a call to the agent. */
export async function versionOf(node: Pick<TestNode, 'registry'>): Promise<unknown> {
  return versionIn(await call(node, 'speaker', 'say'));
}

/** The version that the result among these events tells. */
export function versionIn(events: readonly ExecutionEvent[]): unknown {
  const artifact = events.find((event) => event.kind === 'artifact')?.artifact;
  const [part] = artifact?.parts ?? [];
  return part && 'data' in part && isObject(part.data) ? part.data['version'] : events;
}
