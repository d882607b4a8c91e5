// Turns rooms.json into dependency-cruiser rules. Allow-list mode: an import that no rule allows is an error.
const { rooms } = require('./rooms.json');

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const allowed = [];
for (const [name, room] of Object.entries(rooms)) {
  const from = { path: `^${escape(name)}/` };
  const inside = [name, ...room.rooms].map(escape).join('|');
  allowed.push({ from, to: { path: `^(${inside})/` } });
  if (room.kind === 'node') allowed.push({ from, to: { dependencyTypes: ['core'] } });
  if (room.packages.length > 0) {
    // Types live in @types; the package itself decides whether a room may know them.
    const packages = room.packages.flatMap((p) => [p, `@types/${p.replace('@', '').replace('/', '__')}`]);
    allowed.push({ from, to: { path: `^node_modules/(${packages.map(escape).join('|')})/` } });
  }
  // Style sheets and fonts of the window.
  if (room.kind === 'dom') allowed.push({ from, to: { path: `^(${inside})/.*\\.css$` } });
}

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      // `@databricks/sql` has one home; the practice lakehouse may take the generated Thrift service from it, nothing else.
      name: 'driver-at-home',
      severity: 'error',
      from: { path: '^main/practice/' },
      to: { path: '^node_modules/@databricks/sql/', pathNot: '^node_modules/@databricks/sql/thrift/' },
    },
    { name: 'nothing-imports-test', severity: 'error', from: { path: '^(main|renderer|shared)/' }, to: { path: '^test/' } },
  ],
  allowed,
  allowedSeverity: 'error',
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)node_modules/(?!\\.bin)[^/]+/(?!.*)' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.d.ts', '.js', '.cjs', '.mjs', '.json', '.css'], exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
