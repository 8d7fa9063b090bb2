import { connect } from 'node:net';

/** Waits at a gate of the test until it opens. */
export function passGate(name, signal) {
  return new Promise((resolve, reject) => {
    const socket = connect(process.env.GATE, () => socket.write(`${name} ${process.pid}\n`));
    signal?.addEventListener('abort', () => socket.destroy(signal.reason));
    socket.once('error', reject);
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
  });
}
