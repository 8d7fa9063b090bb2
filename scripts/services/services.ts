import { freePorts } from './free-port.ts';
import { fetchKafka, isKafkaAnswering, kafkaPortCount, startKafkaServer } from './kafka.ts';
import { askRedis, startRedisServer } from './redis.ts';

/** A server that was started, as it is noted beside its data. */
export interface Running {
  readonly pid: number;
  readonly port: number;
}

/** How one kind of server is started and asked. */
export interface Service {
  /** Starts it with its data in the folder, so that it outlives this process. */
  readonly start: (folder: string) => Promise<Running>;
  /** Whether it still runs, and no other in its place. */
  readonly isAnswering: (running: Running) => Promise<boolean>;
  readonly url: (running: Running) => string;
}

const redis: Service = {
  async start(folder) {
    const [port = 0] = await freePorts(1);
    const server = await startRedisServer({ folder, port, detached: true });
    server.unref();
    return { pid: server.pid ?? 0, port };
  },
  async isAnswering({ pid, port }) {
    const answer = await askRedis(port, 'INFO server').catch(() => '');
    return answer.includes(`process_id:${pid}\r\n`);
  },
  url: ({ port }) => `redis://127.0.0.1:${port}/0`,
};

const kafka: Service = {
  async start(folder) {
    await fetchKafka();
    const [clients = 0, controller = 0, internal = 0] = await freePorts(kafkaPortCount);
    const server = await startKafkaServer({ folder, ports: { clients, controller, internal }, detached: true });
    server.unref();
    return { pid: server.pid ?? 0, port: clients };
  },
  isAnswering: async ({ pid, port }) => isAlive(pid) && (await isKafkaAnswering(port)),
  url: ({ port }) => `kafka://127.0.0.1:${port}`,
};

/** The servers that can be had, by the name that the command line uses. */
export const services: Readonly<Record<string, Service>> = { redis, kafka };

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
