/** Sells things by a gRPC service of its own. Its dependencies are found by NODE_PATH. */
const { join } = require('node:path');
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');

const { 'shop.v1.Shop': definition } = loadSync(join(__dirname, 'shop.proto'));

function buy(call, answer) {
  const { item, count, payload } = call.request;
  const metadata = new grpc.Metadata();
  if (item === 'metadata') {
    answer(null, { text: JSON.stringify(call.metadata.getMap()) });
  } else if (item === 'fail') {
    metadata.set('shop-reason', 'sold out');
    metadata.set('shop-proof-bin', Buffer.from([0, 255]));
    answer({ code: grpc.status.FAILED_PRECONDITION, details: 'sold out: 100 % gone', metadata });
  } else if (item === 'time') {
    answer(null, { text: String((Number(call.getDeadline()) - Date.now()) / 1_000) });
  } else if (item === 'die') {
    process.exit(3);
  } else if (item === 'wait') {
    console.log('waits');
    call.on('cancelled', () => console.log('cancelled'));
  } else {
    metadata.set('shop-name', 'corner');
    call.sendMetadata(metadata);
    const trailers = new grpc.Metadata();
    trailers.set('shop-total', '1');
    answer(null, { text: `${count} ${item}`, payload }, trailers);
  }
}

async function watch(call) {
  const { item, count, payload } = call.request;
  for (let number = 0; number < count && !call.cancelled; number++) {
    if (!call.write({ text: `${item} ${number}`, payload }))
      await new Promise((resolve) => call.once('drain', resolve));
  }
  call.end();
}

function fill(call, answer) {
  let total = 0;
  call.on('data', ({ count }) => {
    total += count;
  });
  call.on('end', () => answer(null, { text: `total ${total}` }));
}

function chat(call) {
  call.on('data', ({ item, payload }) => call.write({ text: `you said ${item}`, payload }));
  call.on('end', () => call.end());
}

exports.create = (server) => server.addService(definition, { Buy: buy, Watch: watch, Fill: fill, Chat: chat });

/** Calls a shop's methods, each in its own way: by reflection, and by the definition. */
exports.order = async ({ agent, item }, context) => {
  const by = (method) => (item === undefined ? `shop.v1.Shop/${method}` : definition[method]);
  const named = item ?? 'tea';
  const orders = [{ count: 1 }, { count: 2 }];
  const call = (method, input) => context.call(agent, input, { grpc: by(method) });
  const watched = [];
  for await (const { text } of await call('Watch', { item: named, count: 2 })) watched.push(text);
  const chatted = [];
  for await (const { text } of await call('Chat', [{ item: 'one' }, { item: 'two' }])) chatted.push(text);
  const [bought, filled] = [await call('Buy', { item: named, count: 3 }), await call('Fill', orders)];
  const failed = await call('Buy', { item: 'fail' }).catch(({ code, message }) => `${code}: ${message}`);
  return { bought: bought.text, watched, filled: filled.text, chatted, failed };
};

/** What the other side was told of the call. */
exports.relay = async ({ agent, item }, context) => {
  const receipt = await context.call(agent, { item }, { grpc: definition.Buy });
  return { text: receipt.text };
};
