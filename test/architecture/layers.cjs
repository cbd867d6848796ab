// The direction of imports in lib/, checked by dependency-cruiser: every "never" of the architecture
// is a rule here, made from the ordered list of levels below. lib/README.md tells the reasons.
//
//   npx depcruise lib --config test/architecture/layers.cjs

/** From the bottom to the top; folders of one level do not see each other. */
const LEVELS = [
  ['errors'],
  ['message'], // refuses bad names and ids with errors
  ['codec', 'balancer'],
  ['backend'], // the ports; its adapters stand one step above, beside each other
  ['backend/memory', 'backend/redis'],
  ['runtime'],
  ['config'],
  ['decorators', 'client', 'server', 'observability'],
  ['module'],
  ['testing', 'cli'], // beside the front door: made of the whole, and nothing is made of them
];
const ADAPTERS = ['backend/memory', 'backend/redis'];
/** The first folder that may know Nest and rxjs. */
const FIRST_WITH_NEST = 'decorators';
/** The only place that names an adapter. */
const ADAPTER_CHOICE = '^lib/module/create-backend\\.ts$';
const NEST_INTERNALS = '^lib/server/nest-internals\\.ts$';

/** The files of a folder; those of a folder's adapters are not its own. */
const filesOf = (folder) => (folder === 'backend' ? '^lib/backend/[^/]+$' : `^lib/${folder}/`);
const anyOf = (folders) => folders.map(filesOf);
const all = LEVELS.flat();
const levelOf = (folder) => LEVELS.findIndex((level) => level.includes(folder));
const belowNest = LEVELS.slice(0, levelOf(FIRST_WITH_NEST)).flat();

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** One rule per folder: whatever is not below it is out of reach. */
const downwards = all.map((folder) => {
  const outOfReach = all.filter(
    (other) =>
      other !== folder &&
      levelOf(other) >= levelOf(folder) &&
      !(folder === 'testing' && other === 'module'),
  );
  return forbid(
    `downwards-only: ${folder}`,
    `${folder} imports lower levels only, so not ${outOfReach.join(', ')}.`,
    { path: filesOf(folder) },
    { path: anyOf(outOfReach) },
  );
});

/** One rule per folder: others come in through its index.ts. */
const doors = all.map((folder) =>
  forbid(
    `by-the-door: ${folder}`,
    `${folder} is imported through lib/${folder}/index.ts only.`,
    { path: '^lib/', pathNot: filesOf(folder) },
    { path: filesOf(folder), pathNot: `^lib/${folder}/index\\.ts$` },
  ),
);

/** The adapters are chosen in one place; what config takes from them is the types of their settings. */
const adapters = ADAPTERS.flatMap((adapter) => [
  forbid(
    `adapter-unseen: ${adapter}`,
    'Ports, runtime and everything above know the ports; lib/module/create-backend.ts alone names an adapter.',
    { path: '^lib/', pathNot: [filesOf(adapter), filesOf('config'), ADAPTER_CHOICE] },
    { path: filesOf(adapter) },
  ),
  forbid(
    `adapter-types-only: ${adapter}`,
    'config knows the types of an adapter, never its code.',
    { path: filesOf('config') },
    { path: filesOf(adapter), dependencyTypesNot: ['type-only'] },
  ),
]);

const named = [
  forbid(
    'roof-unseen: module',
    'The wiring room stands above everything; only the front door shows it, what tests wire otherwise, and the command line.',
    { path: '^lib/', pathNot: ['^lib/index\\.ts$', ...anyOf(['module', 'testing', 'cli'])] },
    { path: filesOf('module') },
  ),
  forbid(
    'roof-unseen: lib/index.ts',
    'The front door is for users; inside, a folder is entered by its own.',
    { path: '^lib/' },
    { path: '^lib/index\\.ts$' },
  ),
  forbid(
    'front-door-by-the-door',
    'lib/index.ts shows what the folders export.',
    { path: '^lib/index\\.ts$' },
    { path: '^lib/', pathNot: '/index\\.ts$' },
  ),
  forbid(
    'ioredis-at-home',
    'ioredis is a private matter of the Redis adapter.',
    { path: '^lib/', pathNot: filesOf('backend/redis') },
    { path: '(^|/)node_modules/ioredis/|^ioredis' },
  ),
  forbid(
    'nest-above',
    'Nest and rxjs begin with the thin skins: below them the library is free of frameworks.',
    { path: anyOf(belowNest) },
    { path: '(^|/)node_modules/(@nestjs|rxjs)/|^(@nestjs/|rxjs)' },
  ),
  forbid(
    'nest-internals-at-home',
    "Nest's deep paths are used in lib/server/nest-internals.ts only.",
    { path: '^lib/', pathNot: NEST_INTERNALS },
    {
      path: 'node_modules/@nestjs/[^/]+/',
      pathNot: 'node_modules/@nestjs/[^/]+/(dist/)?index\\.(d\\.ts|js)$',
    },
  ),
  forbid('no-circle', 'Nothing imports itself, by whatever detour.', {}, { circular: true }),
  forbid('no-unknown', 'Everything imported exists.', {}, { couldNotResolve: true }),
  forbid(
    'known-folders',
    'A folder of lib/ has its place in the list of levels.',
    { path: '^lib/.+/', pathNot: anyOf(all) },
    {},
  ),
  forbid(
    'no-dev-in-lib',
    'What is shipped needs nothing that users do not install.',
    { path: '^lib/' },
    { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
  ),
  forbid(
    'lib-alone',
    'lib/ needs neither tests nor samples.',
    { path: '^lib/' },
    { path: '^(test|sample)/' },
  ),
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...downwards, ...doors, ...adapters, ...named],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
