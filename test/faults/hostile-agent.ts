/** A Node package whose skills attack the node by way of the worker protocol, its output, and the processes it may start. */
export const hostileAgent: Readonly<Record<string, string>> = {
  'agent.yaml': [
    'name: hostile',
    'version: 1.0.0',
    'runtime: node24',
    'exports:',
    ...[
      'echo',
      'garbage',
      'oversized',
      'lies',
      'binary',
      'deep',
      'flood',
      'strangers',
      'doubles',
      'logs',
      'output',
      'deaf',
      'spin',
      'burn',
      'stop',
      'eat',
      'hide',
    ].flatMap((name) => [`  - name: ${name}`, '    type: function', `    handler: agent.${name}`]),
    '',
  ].join('\n'),
  'agent.js': `
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { connect } from 'node:net';

const presence = process.env.PRESENCE;
if (presence) connect(presence, function () { this.write('worker ' + process.pid + '\\n'); }).on('error', () => {});

function push(fd, bytes) {
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(fd, bytes, from);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}
function raw(head, announced = head.length) {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(4 + head.length, 0);
  lengths.writeUInt32BE(announced, 4);
  return Buffer.concat([lengths, head]);
}
const frame = (value) => raw(Buffer.from(JSON.stringify(value)));
const send = (value) => push(3, frame(value));
const never = () => new Promise(() => {});
const result = (call, text) => ({ type: 'result', call, as: 'artifact', state: 'completed', parts: [{ text }] });

export const echo = (input) => input;
export const garbage = () => { push(3, Buffer.alloc(4096, 0xff)); return never(); };
export const oversized = () => { push(3, Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 2])); return never(); };
export const lies = () => { push(3, raw(Buffer.from('{}'), 5000)); return never(); };
export const binary = () => { push(3, raw(Buffer.alloc(200, 0))); return never(); };
export const deep = () => { push(3, raw(Buffer.from('['.repeat(200000)))); return never(); };
export const flood = (input, context) => {
  const event = { kind: 'artifact', artifactId: 'a', append: true, lastChunk: false, parts: [{ text: 'x'.repeat(60000) }] };
  const bytes = frame({ type: 'event', call: context.invocationId, event });
  for (;;) push(3, bytes);
};
export const strangers = (input) => {
  for (let index = 0; index < input.count; index++) {
    send(result('nobody-' + index, 'x'.repeat(1000)));
    send({ type: 'event', call: 'nobody', event: { kind: 'status', parts: [{ text: 'x' }] } });
    send({ type: 'error', call: 'nobody', code: 'AGENT_ERROR', message: 'x' });
    send({ type: 'pong', id: index });
    send({ type: 'ready', protocol: 1, skills: ['forged'] });
  }
  return 'done';
};
export const doubles = (input, context) => {
  send(result(context.invocationId, 'first'));
  send(result(context.invocationId, 'second'));
  return 'third';
};
export const logs = (input) => {
  const bytes = frame({ type: 'log', level: 'info', message: 'x'.repeat(1000) });
  for (const end = Date.now() + input.ms; Date.now() < end; ) push(3, bytes);
  return 'done';
};
export const output = (input) => {
  const bytes = Buffer.from(('x'.repeat(1000) + '\\n').repeat(60));
  for (const end = Date.now() + input.ms; Date.now() < end; ) push(1, bytes);
  return 'done';
};
export const deaf = () => { process.on('SIGTERM', () => {}); return 'deaf'; };
/** Uses so much processor time, half of it in a child in another session, and says how long that took. */
export const burn = async (input) => {
  const begun = Date.now();
  const work = 'const end = ' + input.cpuMs / 2 + ' * 1000; while (process.cpuUsage().user < end);';
  const child = spawn(process.execPath, ['-e', work], { detached: true, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const end = process.cpuUsage().user + (input.cpuMs / 2) * 1000;
  while (process.cpuUsage().user < end) await new Promise(setImmediate);
  await gone;
  return { tookMs: Date.now() - begun };
};
export const spin = () => { for (;;); };
export const stop = () => { process.kill(process.pid, 'SIGSTOP'); return never(); };
export const eat = async () => {
  const kept = [];
  for (;;) {
    kept.push(Buffer.alloc(8 * 1024 * 1024, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const report = "require('net').connect(process.env.PRESENCE, function () { this.write('hidden ' + process.pid + '\\\\n') }); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
export const hide = async () => {
  const inner = "require('child_process').spawn(process.execPath, ['-e', " + JSON.stringify(report) + "], { detached: true, stdio: 'ignore' }).unref()";
  spawn(process.execPath, ['-e', inner], { detached: true, stdio: 'ignore' }).unref();
  return 'hidden';
};
`,
};
