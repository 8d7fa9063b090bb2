import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../scripts/services/free-port.ts';
import { type KafkaServerOptions, kafkaPortCount, startKafkaServer } from '../../scripts/services/kafka.ts';

/** What ends with the test: `TestContext`, or anything with hooks like it. */
interface Scope {
  after(run: () => Promise<void>): void;
}

/** A real broker, stopped and removed when the test ends. */
export interface TestKafka {
  /** `kafka://127.0.0.1:PORT`, however clients must log in. */
  readonly url: string;
  readonly port: number;
  /** Ends it in order; its data stays. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, nobody answers. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port and data; one that runs is stopped before. */
  restart(): Promise<void>;
}

/** How it differs from an ordinary broker. */
export type TestKafkaOptions = Pick<KafkaServerOptions, 'protocol' | 'users' | 'settings'>;

/** A broker of its own for one test that stops it or asks for logins: some seconds. */
export async function startKafka(scope: Scope, options: TestKafkaOptions = {}): Promise<TestKafka> {
  const [clients = 0, controller = 0, internal = 0] = await freePorts(kafkaPortCount);
  const folder = mkdtempSync(join(tmpdir(), 'parley-kafka-'));
  const start = (): Promise<ChildProcess> =>
    startKafkaServer({ folder, ports: { clients, controller, internal }, ...options });
  let server: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  scope.after(async () => {
    await end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  server = await start();
  return {
    port: clients,
    url: `kafka://127.0.0.1:${clients}`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async restart() {
      await end('SIGTERM');
      server = await start();
    },
  };
}

/**
 * The address of a broker that tests share, each with topics and groups of its own: the one PARLEY_TEST_KAFKA names, else one
 * that ends with the test.
 */
export async function sharedKafka(scope: Scope): Promise<string> {
  return process.env['PARLEY_TEST_KAFKA'] || (await startKafka(scope)).url;
}
