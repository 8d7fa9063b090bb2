import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';

const answers = {
  object: ({ a, b }) => ({ sum: a + b }),
  text: ({ name }) => `Hello ${name}`,
  nothing: () => undefined,
  refuse: () => ({ status: 'error', message: 'not today' }),
  crash: () => process.kill(process.pid, 'SIGKILL'),
  speak: () => console.error('said on standard error'),
  fail() {
    process.exitCode = 1;
    console.error('it broke');
  },
  async together({ gate = 'together' }) {
    await passGate(gate);
    return { pid: process.pid };
  },
};

function passGate(name) {
  return new Promise((resolve, reject) => {
    const socket = connect(process.env.GATE, () => socket.write(`${name} ${process.pid}\n`));
    socket.once('error', reject);
    socket.once('data', () => socket.destroy());
    socket.once('close', resolve);
  });
}

const { action, ...input } = JSON.parse(await readText(process.stdin));
const answer = await answers[action](input);
if (answer !== undefined) process.stdout.write(typeof answer === 'string' ? answer : JSON.stringify(answer));
