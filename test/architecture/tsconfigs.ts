// Writes tsconfig.json of every room, and the top one, from rooms.json, so that the compiler enforces the same
// allow-list as dependency-cruiser. `node test/architecture/tsconfigs.ts` writes; the boundary test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export type RoomKind = 'pure' | 'node' | 'preload' | 'dom';
export type Room = { readonly kind: RoomKind; readonly rooms: readonly string[]; readonly packages: readonly string[] };
export type RoomTable = { readonly rooms: Readonly<Record<string, Room>> };

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The allow-list as data. Throws when the file is not readable: without it nothing is checked. */
export const readRooms = (): RoomTable =>
  JSON.parse(readFileSync(join(root, 'test/architecture/rooms.json'), 'utf8')) as RoomTable;

const environments: Record<RoomKind, { lib: string[]; types: string[] }> = {
  pure: { lib: ['ES2024'], types: [] },
  node: { lib: ['ES2024'], types: ['node'] },
  preload: { lib: ['ES2024', 'DOM'], types: ['node'] },
  dom: { lib: ['ES2024', 'DOM', 'DOM.Iterable'], types: ['vite/client'] },
};

const strict = {
  target: 'ES2024',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  moduleDetection: 'force',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  isolatedModules: true,
  skipLibCheck: true,
};

/** Path → text of every tsconfig.json that the table demands, relative to the top folder. */
export const expectedTsconfigs = (table: RoomTable): ReadonlyMap<string, string> => {
  const files = new Map<string, string>();
  const print = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  for (const [name, room] of Object.entries(table.rooms)) {
    const up = relative(name, '.');
    const out = `${up}/node_modules/.cache/tsc/${name}`;
    files.set(
      `${name}/tsconfig.json`,
      print({
        compilerOptions: {
          ...strict,
          ...environments[room.kind],
          ...(room.kind === 'dom' ? { jsx: 'react-jsx', module: 'esnext', moduleResolution: 'bundler' } : {}),
          composite: true,
          emitDeclarationOnly: true,
          rootDir: up,
          outDir: out,
          tsBuildInfoFile: `${out}/.tsbuildinfo`,
        },
        include: ['./**/*.ts', './**/*.tsx'],
        references: room.rooms.map((other) => ({ path: relative(name, other) })),
      }),
    );
  }
  files.set(
    'test/tsconfig.json',
    print({
      compilerOptions: {
        ...strict,
        lib: ['ES2024', 'DOM', 'DOM.Iterable'],
        types: ['node', 'vite/client'],
        jsx: 'react-jsx',
        module: 'esnext',
        moduleResolution: 'bundler',
        composite: true,
        emitDeclarationOnly: true,
        rootDir: '..',
        outDir: '../node_modules/.cache/tsc/test',
        tsBuildInfoFile: '../node_modules/.cache/tsc/test/.tsbuildinfo',
      },
      include: ['./**/*.ts', './**/*.tsx'],
      exclude: ['./architecture/planted/**'],
      references: Object.keys(table.rooms).map((name) => ({ path: `../${name}` })),
    }),
  );
  files.set(
    'tsconfig.json',
    print({ files: [], references: [...Object.keys(table.rooms), 'test'].map((name) => ({ path: `./${name}` })) }),
  );
  return files;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of expectedTsconfigs(readRooms())) writeFileSync(join(root, path), text);
}
