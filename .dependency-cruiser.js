import { advice, composers, owners, rooms } from './test/architecture/rooms.ts';

const names = Object.keys(rooms);
const alternatives = (list) => list.map((name) => name.replaceAll('.', '\\.')).join('|');

const roomRules = names.map((room) => {
  const allowed = [room, 'base', ...rooms[room].mayImport];
  return {
    name: `${room}-may-import`,
    comment: `src/${room} may import ${allowed.slice(1).join(', ')} and nothing else. ${advice.room}`,
    severity: 'error',
    from: { path: `^src/${room}/`, pathNot: '\\.(test|fixture)\\.ts$' },
    to: { path: '^src/', pathNot: `^src/(${alternatives(allowed)})/` },
  };
});

const doorRules = names.map((room) => {
  const { doors = [], adapters = [] } = rooms[room];
  const folders = [...doors, ...adapters].map((folder) => `${folder}/`);
  return {
    name: `${room}-through-its-door`,
    comment: `Only an index.ts of src/${room} is open to other rooms. ${advice.door}`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/${room}/` },
    to: { path: `^src/${room}/`, pathNot: `^src/${room}/(${['', ...folders].join('|')})index\\.ts$` },
  };
});

const adapterRules = names
  .filter((room) => rooms[room].adapters)
  .map((room) => ({
    name: `${room}-adapters-in-composition`,
    comment: `What implements a port of src/${room} is named by ${composers.join(', ')} and tests only. ${advice.adapter}`,
    severity: 'error',
    from: { path: '^src/', pathNot: [`^src/(${alternatives([room, ...composers])})/`, '\\.(test|fixture)\\.ts$'] },
    to: { path: `^src/${room}/(${alternatives(rooms[room].adapters)})/` },
  }));

const ownerRules = Object.entries(owners).map(([name, folders]) => ({
  name: `${name.replaceAll(/[^a-z]+/g, '-')}-has-an-owner`,
  comment: `${name} is imported by src/${folders.join(', src/')} only. ${advice.owner}`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/(${alternatives(folders)})/`, '\\.(test|fixture)\\.ts$'] },
  to: { path: name.startsWith('node:') ? `^(node:)?${name.slice(5)}$` : `(^|/)node_modules/${name}/` },
}));

export default {
  forbidden: [
    ...roomRules,
    ...doorRules,
    ...adapterRules,
    ...ownerRules,
    { name: 'no-cycles', comment: advice.cycle, severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'The imported file or package is not there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'known-room',
      comment: 'Every file of src/ lives in a room of test/architecture/rooms.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${alternatives(names)})/` },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    builtInModules: { add: ['node:sqlite'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
