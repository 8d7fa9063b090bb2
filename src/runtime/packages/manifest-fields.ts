/** One field that `parseManifest` reads. `path` has `[]` where a list is. The table in docs/packages.md is this list. */
export interface ManifestField {
  readonly path: string;
  readonly type: string;
  readonly meaning: string;
}

type Row = readonly [path: string, type: string, meaning: string];

const skillSettings = (prefix: string, whose: string): readonly Row[] => [
  [`${prefix}input_modes`, 'list of texts', `Media types that ${whose} takes.`],
  [`${prefix}output_modes`, 'list of texts', `Media types that ${whose} gives.`],
  [
    `${prefix}idempotent`,
    'true or false',
    'True: a call whose outcome was lost in a crash is handed out again. Default false.',
  ],
  [`${prefix}timeouts`, 'map', `How long ${whose} may take.`],
  [`${prefix}timeouts.total_seconds`, 'number', 'For a whole task. Default: none.'],
  [
    `${prefix}timeouts.idle_seconds`,
    'number',
    "Without an event; waiting for input counts for nothing. Default: the fabric's.",
  ],
  [`${prefix}resilience`, 'map', `How calls of ${whose} stand failures (docs/resilience.md).`],
  [
    `${prefix}resilience.retries`,
    'number',
    "Tries after the first, where trying again is safe; 0: none. Default: the fabric's.",
  ],
  [
    `${prefix}resilience.hedge_after_seconds`,
    'number',
    'Idempotent only: after so long without a word it is handed out a second time. Default: never.',
  ],
];

const rows: readonly Row[] = [
  [
    'name',
    'text, required',
    'Lower-case letters, digits and hyphens, a letter first. The agent id unless the deploy call says otherwise.',
  ],
  ['version', 'text', "The package's version, when `metadata.version` is not there."],
  ['display_name', 'text', 'The name that people see. Default: `name`.'],
  ['description', 'text', 'What the agent does, in a sentence or two.'],
  ['author', 'text', 'Who made it.'],
  ['license', 'text', 'Its license.'],
  [
    'entrypoint',
    'text',
    'Default skill: `module:function`. A Python function named `main` makes a stdin/stdout program of the package.',
  ],
  ['exports', 'list of maps', 'The skills by name.'],
  ['exports[].name', 'text', "The skill's name; its id when there is no `id`."],
  ['exports[].id', 'text', "The skill's id."],
  ['exports[].type', 'text', 'Always `function`.'],
  [
    'exports[].handler',
    'text',
    '`module.function`, `module:function`, or a function of `main_module`. Default: the entrypoint.',
  ],
  ['exports[].description', 'text', 'What the skill does.'],
  ['exports[].version', 'text', 'Kept, not used.'],
  [
    'exports[].private',
    'true or false',
    'True: only agents of the same fabric may call it, and callers with a right that names it. Default false.',
  ],
  ['exports[].role_required', 'text', 'The role that a caller needs.'],
  ['exports[].input_schema', 'map', 'JSON Schema of the arguments; enforced (see Schemas).'],
  ['exports[].output_schema', 'map', 'JSON Schema of the result; enforced (see Schemas).'],
  [
    'exports[].input_schema_ref',
    'text',
    'Instead of `input_schema`: an Avro schema of the registry, `subject` or `subject@version`.',
  ],
  ['exports[].output_schema_ref', 'text', 'Instead of `output_schema`, in the same way.'],
  ['exports[].tags', 'list of texts', 'Words to find the skill by.'],
  ['exports[].examples', 'list of texts', 'Example requests, for the agent card.'],
  ...skillSettings('exports[].', 'the skill'),
  ['main_module', 'text', 'Where a handler without a module lives.'],
  [
    'capabilities',
    'list of texts',
    'Words to find the agent by; the skills of an entrypoint or a program that has no exports.',
  ],
  [
    'runtime',
    'text or map',
    '`node20`, `node24`, `python3.11`, `process`, … or `{python: ">=3.8"}`. Default: by the handlers, else Python.',
  ],
  [
    'runtime_version',
    'text',
    'The version of Parley that the package needs: `1.2.0` (or newer, same major) or `>=1.2 <2`.',
  ],
  [
    'command',
    'list of texts',
    'A program that runs once per call: one JSON object on stdin, one on stdout. `{python}` and `{node}` name the interpreters.',
  ],
  ['default_skill', 'text', 'The skill that is called when none is named.'],
  ['concurrency', 'whole number', 'Calls at once in one worker. Default 100; 4 for programs.'],
  [
    'resilience.breaker_failures',
    'number',
    "Failures in a row after which the agent gets no calls for a while; 0: never. Default: the fabric's.",
  ],
  ['resilience.breaker_open_seconds', 'number', "How long that while is. Default: the fabric's."],
  ['market', 'map', 'The roles that the agent takes where work is put out to tender (docs/market.md).'],
  ['market.requester', 'map or true', 'It may put work out to tender under its name.'],
  ['market.requester.approve_up_to', 'number', 'Offers up to this are approved, dearer ones countered. Default 100.'],
  ['market.requester.counter_factor', 'number', 'What a counter-offer is of the offer. Default 0.8.'],
  ['market.requester.first_offer', 'number', 'Named when a provider has named no price. Default 50.'],
  ['market.requester.policy', 'text', "By which policy an offer is chosen. Default: the fabric's."],
  ['market.provider', 'map or true', 'It bids for work.'],
  ['market.provider.capabilities', 'list of texts', 'What it can do. Default: `capabilities`.'],
  ['market.provider.max_cost', 'number', 'Work that costs as much is not bid for, nor is more asked. Default 150.'],
  ['market.provider.min_cost', 'number', 'The least that it agrees to. Default 30.'],
  ['market.provider.price', 'number', 'What it asks for when nothing is proposed. Default: it waits for an offer.'],
  ['market.provider.markup', 'number', 'What it asks for against what is proposed. Default 1.2.'],
  ['market.provider.eta_seconds', 'number', 'How long its work takes, as its offers say it.'],
  [
    'market.provider.executes',
    'true or false',
    'True: it does what it is awarded itself. Default: whether it is an executor.',
  ],
  ['market.executor', 'map or true', 'It does work that was awarded.'],
  ['market.executor.skill', 'text', "The skill that is called. Default: the agent's own default."],
  ['market.executor.concurrency', 'whole number', 'Awards that it works on at once. Default 4.'],
  ['market.executor.queue', 'whole number', 'Awards that may wait for it beyond those. Default 100.'],
  ['market.executor.own', 'true or false', 'True: it takes only what it was awarded itself. Default false.'],
  ['resources', 'map', 'What the processes of one worker may use together (see Resources).'],
  ['resources.memory', 'text', 'An amount such as `256M` or `1.5G`; over it they are killed.'],
  ['resources.cpus', 'number', 'Processor cores; 0.5 is half of one.'],
  ['private', 'true or false', 'True: the agent is not shown to callers outside. Default false.'],
  ...skillSettings('', 'every skill that does not say it itself'),
  [
    'environment',
    'map of texts',
    'Environment of the worker; references to variables are resolved at the start (see Environment).',
  ],
  ['dependencies', 'list of texts', 'Python requirements: `name[extras](op)version`.'],
  ['mcp', 'map', 'Kept for MCP.'],
  ['mcp.enabled', 'true or false', 'Kept.'],
  ['mcp.config_file', 'text', 'Kept.'],
  ['a2a', 'map', 'The A2A surface.'],
  [
    'a2a.service',
    'text',
    '`module:function` that returns custom handlers or servicers, or registers gRPC services (see HTTP and A2A services); each action is a skill.',
  ],
  ['a2a.entry', 'text', 'The newer name of `service`.'],
  ['a2a.http_server', 'text', '`module:function` that returns an ASGI app or a request listener, served below `/a2a`.'],
  ['rest', 'map', 'The REST surface.'],
  [
    'rest.entry',
    'text, required in rest',
    "`module:function` that adds the package's routes (see HTTP and A2A services).",
  ],
  ['ui', 'map', 'The page of the agent.'],
  ['ui.path', 'text, required in ui', 'Folder with index.html; `dist/ui` is taken when it is missing.'],
  ['ui.basePath', 'text', 'Where the page lives. Default `/`.'],
  ['metadata', 'map', 'Unknown keys are kept.'],
  ['metadata.version', 'text', "The package's version; stands above `version`."],
  ['metadata.homepage', 'text', 'Address for people.'],
  ['metadata.repository', 'text', 'Address of the source.'],
  ['metadata.tags', 'list of texts', 'Words to find the agent by.'],
  [
    'metadata.python_agent',
    'true or false',
    'True: the deployment has Python sessions (docs/python-agent.md). Default: whether `capabilities` has `code-execution`.',
  ],
  ['metadata.sub_agents', 'list of maps', 'Skills of this one agent; `sub_agents` at the top is read too.'],
  ['metadata.sub_agents[].name', 'text, required', 'Name and id of the skill.'],
  ['metadata.sub_agents[].description', 'text', 'What it does.'],
  ['metadata.sub_agents[].endpoint', 'text', 'Kept, not used.'],
  ['metadata.sub_agents[].capabilities', 'list of texts', 'Words to find it by.'],
  ['metadata.sub_agents[].public', 'true or false', 'False makes the skill private. Default true.'],
  ['sub_agents', 'list of maps', 'The same as `metadata.sub_agents`.'],
];

/** Every field of agent.yaml that means something to the runtime; others are kept in `raw` and reported as warnings. */
export const manifestFields: readonly ManifestField[] = rows.map(([path, type, meaning]) => ({ path, type, meaning }));

function childrenOf(parent: string): readonly string[] {
  const prefix = parent === '' ? '' : `${parent}.`;
  const below = rows.filter(([path]) => path.startsWith(prefix)).map(([path]) => path.slice(prefix.length));
  return below.filter((path) => path !== '' && !path.includes('.') && !path.includes('['));
}

/** Where every key must be a known one. `metadata` and `environment` are open. */
const closed: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [
    '',
    'exports[]',
    'exports[].timeouts',
    'timeouts',
    'exports[].resilience',
    'resilience',
    'market',
    'market.requester',
    'market.provider',
    'market.executor',
    'resources',
    'mcp',
    'a2a',
    'rest',
    'ui',
    'metadata.sub_agents[]',
  ].map((path) => [path, new Set(childrenOf(path))]),
);

/** The known keys of the map at `path` (list positions as `[]`), or undefined where any key goes. */
export function knownKeys(path: string): ReadonlySet<string> | undefined {
  return closed.get(path.replace(/^sub_agents/, 'metadata.sub_agents'));
}
