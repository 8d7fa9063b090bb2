import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface KafkaServerOptions {
  /** Where it keeps its data, its settings and `kafka.log`; it must be there. */
  readonly folder: string;
  readonly ports: KafkaPorts;
  /** How clients talk to it; PLAINTEXT by default. */
  readonly protocol?: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** Who may log in by SCRAM, with their passwords; counts when the folder is new. */
  readonly users?: Readonly<Record<string, string>>;
  /** Settings as in server.properties, beside those of one broker that is its own controller. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Goes on when this process ends. */
  readonly detached?: boolean;
}

/** Three ports of loopback, all different. */
export interface KafkaPorts {
  readonly clients: number;
  readonly controller: number;
  readonly internal: number;
}

/** How many ports a broker takes. */
export const kafkaPortCount = 3;

/** Where the jars are that a broker is started from. */
export const kafkaJarFolder: string = fileURLToPath(new URL('../../.cache/kafka', import.meta.url));
const javaOptions = ['-Xms96m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const startTimeoutMs = 60_000;
const apiVersionsKey = 18;

function hasJars(): boolean {
  return existsSync(kafkaJarFolder) && readdirSync(kafkaJarFolder).some((name) => /^kafka_.*\.jar$/.test(name));
}

/** Fetches the jars into .cache/kafka, by Maven, unless they are there. */
export async function fetchKafka(): Promise<void> {
  if (hasJars()) return;
  const project = fileURLToPath(new URL('kafka/pom.xml', import.meta.url));
  await promisify(execFile)('mvn', ['-q', '-B', '-f', project, 'dependency:copy-dependencies']);
}

/** Starts one broker on loopback and waits until it serves. It dies with `process.kill(pid)`. */
export async function startKafkaServer(options: KafkaServerOptions): Promise<ChildProcess> {
  const { folder, detached = false } = options;
  const file = join(folder, 'server.properties');
  const isNew = !existsSync(file);
  writeFileSync(file, formatSettings(options));
  if (isNew) await format(file, options);
  const log = openSync(join(folder, 'kafka.log'), 'w');
  const server = spawn('java', [...javaOptions, '-cp', `${kafkaJarFolder}/*`, 'kafka.Kafka', file], {
    stdio: ['ignore', log, log],
    detached,
  });
  closeSync(log);
  const ended = new AbortController();
  try {
    await Promise.race([untilServes(folder, ended.signal), failure(server, folder)]);
  } catch (thrown) {
    server.kill('SIGKILL');
    throw thrown;
  } finally {
    ended.abort();
  }
  return server;
}

/** Whether a Kafka broker answers on that port of loopback, to one that speaks in the clear. */
export async function isKafkaAnswering(port: number): Promise<boolean> {
  const request = Buffer.alloc(14);
  request.writeInt32BE(10, 0);
  request.writeInt16BE(apiVersionsKey, 4);
  request.writeInt16BE(-1, 12);
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    socket.on('error', () => {});
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.write(request);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.readInt32BE(4) === 0 && answer.readInt16BE(8) === 0;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function format(file: string, { folder, users = {} }: KafkaServerOptions): Promise<void> {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const clusterId = randomBytes(16).toString('base64url');
  const logins = Object.entries(users).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
  const storage = [
    'kafka.tools.StorageTool',
    'format',
    '--standalone',
    `--cluster-id=${clusterId}`,
    '-c',
    file,
    ...logins,
  ];
  await promisify(execFile)('java', [...javaOptions, '-cp', `${kafkaJarFolder}/*`, ...storage]);
}

function formatSettings({ folder, ports, protocol = 'PLAINTEXT', settings }: KafkaServerOptions): string {
  const { clients, controller, internal } = ports;
  const outer = `CLIENTS://127.0.0.1:${clients},INTERNAL://127.0.0.1:${internal}`;
  const all = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    listeners: `${outer},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': outer,
    'listener.security.protocol.map': `CLIENTS:${protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config': `${scramModule} required;`,
    'log.dirs': join(folder, 'data'),
    'offsets.topic.num.partitions': '3',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'auto.create.topics.enable': 'false',
    'log.cleaner.dedupe.buffer.size': '16777216',
    ...settings,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function untilServes(folder: string, signal: AbortSignal): Promise<void> {
  const endMs = Date.now() + startTimeoutMs;
  while (Date.now() < endMs && !signal.aborted) {
    if (readFileSync(join(folder, 'kafka.log'), 'utf8').includes('Kafka Server started')) return;
    await delay(50);
  }
  if (!signal.aborted) throw new Error(`Kafka did not start within ${startTimeoutMs} ms; see ${folder}/kafka.log.`);
}

async function failure(server: ChildProcess, folder: string): Promise<never> {
  const [code] = await Promise.race([once(server, 'exit'), once(server, 'error').then(([error]) => [error])]);
  throw new Error(`Kafka ended (${code}); ${folder}/kafka.log may say why.`);
}
