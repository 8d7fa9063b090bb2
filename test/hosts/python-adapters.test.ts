import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { HandlerSpec } from '../../src/runtime/worker-protocol/frames.ts';
import { HostProcess } from './host-process.ts';

type Skills = Readonly<Record<string, HandlerSpec>>;

async function load(skills: Skills): Promise<{ host: HostProcess; loaded: readonly string[] }> {
  const host = new HostProcess('python');
  host.init(skills);
  const ready = await host.waitFor(({ type }) => type === 'ready');
  return { host, loaded: ready.type === 'ready' ? ready.skills : [] };
}

suite('adapters of Python packages', { timeout: 60_000 }, () => {
  test('PixellAdapter gets the action with its arguments', async () => {
    const { host } = await load({ sum: { adapter: 'pixell', module: 'adapter' } });
    host.invoke({ skill: 'sum', parts: [{ data: { a: 1 } }, { text: 'words' }] });
    assert.deepEqual((await host.record()).last['parts'], [{ data: { saw: { a: 1, text: 'words', action: 'sum' } } }]);
    await host.kill();
  });

  test('PixellAdapter is found when the entrypoint names a function that its module does not have', async () => {
    const { host } = await load({ sum: { adapter: 'function', module: 'adapter', name: 'handler' } });
    host.invoke({ skill: 'sum' });
    assert.deepEqual((await host.record()).last['parts'], [{ data: { saw: { action: 'sum' } } }]);
    await host.kill();
  });

  test('PixellAdapter answers any action', async () => {
    const { host } = await load({ sum: { adapter: 'pixell', module: 'adapter' } });
    host.invoke({ skill: 'unheard-of' });
    assert.deepEqual((await host.record()).last['parts'], [{ data: { saw: { action: 'unheard-of' } } }]);
    host.invoke({ call: 'c2', skill: 'sum', parts: [{ data: { action: 'mean' } }] });
    assert.deepEqual((await host.record('c2')).last['parts'], [{ data: { saw: { action: 'mean' } } }]);
    await host.kill();
  });

  test('custom handlers of an object are skills under their own names and get strings', async () => {
    const { host, loaded } = await load({
      service: { adapter: 'custom-handlers', module: 'service', name: 'create_grpc_server' },
    });
    assert.deepEqual(loaded, ['greet', 'greet_sync']);
    host.invoke({
      skill: 'greet',
      parts: [{ data: { action: 'greet', name: 'Ada', age: 36, tags: ['ä'] } }, { bytes: 1, filename: 'f' }],
      files: [Buffer.from('x')],
    });
    const files = '[{"name": "f", "type": null, "bytes": "eA=="}]';
    assert.deepEqual((await host.record()).last['parts'], [
      { data: { saw: { name: 'Ada', age: '36', tags: '["ä"]', files } } },
    ]);
    host.invoke({ call: 'c2', skill: 'greet_sync', parts: [{ data: { name: 'Bo' } }] });
    assert.deepEqual((await host.record('c2')).last['parts'], [{ text: 'hi Bo' }]);
    await host.kill();
  });

  test('streaming handlers of a dict stream their items', async () => {
    const { host } = await load({ count: { adapter: 'custom-handlers', module: 'service', name: 'create_dict' } });
    host.invoke({ skill: 'count', parts: [{ data: { to: 3 } }] });
    const { events } = await host.record();
    assert.deepEqual(
      events.map(({ parts }) => parts),
      [0, 1, 2].map((number) => [{ data: { number } }]),
    );
    await host.kill();
  });

  test('a servicer that lists no actions has the skill Invoke, and answers any action', async () => {
    const { host, loaded } = await load({
      service: { adapter: 'custom-handlers', module: 'service', name: 'create_servicer' },
    });
    assert.deepEqual(loaded, ['Invoke']);
    host.invoke({ skill: 'Invoke', parts: [{ data: { action: 'greet', age: 36 } }] });
    assert.deepEqual((await host.record()).last['parts'], [{ text: "greet {'age': '36'} c1" }]);
    host.invoke({ call: 'c2', skill: 'unheard-of' });
    assert.deepEqual((await host.record('c2')).last['parts'], [{ text: 'unheard-of {} c2' }]);
    await host.kill();
  });

  test('a servicer fails a call by aborting it, and by setting a code', async () => {
    const { host } = await load({
      service: { adapter: 'custom-handlers', module: 'service', name: 'create_servicer' },
    });
    host.invoke({ skill: 'abort' });
    const aborted = (await host.record()).last;
    assert.deepEqual([aborted['code'], aborted['message']], ['AGENT_ERROR', 'not like this']);
    host.invoke({ call: 'c2', skill: 'set' });
    const { last } = await host.record('c2');
    assert.deepEqual([last['state'], last['parts']], ['failed', [{ text: 'there is no such thing' }]]);
    await host.kill();
  });

  test('a servicer whose DescribeCapabilities fails is a load-error', async () => {
    const host = new HostProcess('python');
    host.init({ s: { adapter: 'custom-handlers', module: 'service', name: 'create_broken_servicer' } });
    const error = await host.waitFor(({ type }) => type === 'load-error');
    assert.ok(error.type === 'load-error');
    assert.match(error.message, /DescribeCapabilities of "service:create_broken_servicer" failed: not today/);
    await host.exited;
  });

  test('a service without custom handlers is a load-error', async () => {
    const host = new HostProcess('python');
    host.init({ s: { adapter: 'custom-handlers', module: 'service', name: 'create_nothing' } });
    const error = await host.waitFor(({ type }) => type === 'load-error');
    assert.ok(error.type === 'load-error');
    assert.match(error.message, /skill "s".*neither an object with custom_handlers nor a dict/);
    await host.exited;
  });

  test('the Node host refuses adapters that only Python packages have', async () => {
    const host = new HostProcess('node');
    host.init({ s: { adapter: 'pixell', module: 'adapter' } });
    const error = await host.waitFor(({ type }) => type === 'load-error');
    assert.ok(error.type === 'load-error');
    assert.match(error.message, /"pixell" is for Python packages/);
    await host.exited;
  });
});
