/** The ladder: a folder may import what stands before it, never what stands after it. */
const ladder = [
  'common',
  'config',
  'http-client',
  'database',
  'limits',
  'audit',
  'auth',
  'waldur-gateway',
  'directory',
  'jobs',
  'audit-events',
  'waldur-mirror',
  'arrow-gateway',
  'arrow-export',
  'settings',
  'mappings',
  'spreadsheets',
  'licenses',
  'billing',
  'waldur-charges',
  'moves',
  'cli',
];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...ladder.slice(0, -1).map((folder, rung) => ({
      name: `${folder}-imports-nothing-above-it`,
      comment: 'Imports go down the ladder only: move the need down or lift the work up.',
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: '\\.spec\\.ts$' },
      to: { path: `^src/(${ladder.slice(rung + 1).join('|')})/` },
    })),
    {
      name: 'services-know-no-wire-form',
      comment:
        'A service takes a command and answers domain objects; its controller and DTO make the wire form of them.',
      severity: 'error',
      from: {
        path: '^src/(audit|auth|directory|jobs|settings|mappings|licenses)/',
        pathNot: '\\.(controller|dto|module)\\.ts$',
      },
      to: { path: '\\.dto\\.ts$' },
    },
    {
      name: 'nothing-imports-the-app',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: '^src/(main|index|cli|app\\.module|core\\.module|configure-app|listen|swagger)\\.ts$' },
    },
    {
      name: 'production-does-not-load-the-emulator',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(emulator|test|demo|bench)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
