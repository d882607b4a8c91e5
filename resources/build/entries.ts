// What is built from what. Main bundles keep npm packages outside, so that native parts are found where npm put them.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';
import { readReports } from './reports.ts';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const mainEntries: Readonly<Record<string, string>> = {
  cli: 'main/cli/main.ts',
  'core-child': 'main/core/entry-child.ts',
  'core-utility': 'main/core/entry-utility.ts',
  practice: 'main/practice/entry.ts',
  shell: 'main/shell/main.ts',
};

const common = (outDir: string): InlineConfig => ({
  configFile: false,
  envFile: false,
  logLevel: 'error',
  clearScreen: false,
  publicDir: false,
  define: { __BREAKWATER_REPORTS__: JSON.stringify(readReports(join(root, 'test/conformance/reports'))) },
  build: { outDir, emptyOutDir: true, sourcemap: false, reportCompressedSize: false, copyPublicDir: false },
});

/** The window: hashed files, nothing inline (the policy of shared/domain/content-policy.ts refuses it). */
export const rendererConfig = (outDir: string): InlineConfig => ({
  ...common(outDir),
  root: join(root, 'renderer/entry'),
  base: '/',
  plugins: [react()],
  build: {
    ...common(outDir).build,
    target: 'chrome130',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 3000,
  },
});

/** Everything that Node or Electron's main process runs. Electron 33 (tests) has Node 20 inside, so that is the target. */
export const mainConfig = (outDir: string): InlineConfig => ({
  ...common(outDir),
  root,
  ssr: { external: true, target: 'node' },
  build: {
    ...common(outDir).build,
    ssr: true,
    minify: false,
    target: 'node20',
    rolldownOptions: {
      input: Object.fromEntries(
        Object.entries(mainEntries)
          .filter(([, path]) => existsSync(join(root, path)))
          .map(([name, path]) => [name, join(root, path)]),
      ),
      external: ['electron'],
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name]-[hash].js' },
    },
  },
});

/** A sandboxed preload is one CommonJS file without imports but `electron`. */
export const preloadConfig = (outDir: string): InlineConfig => ({
  ...common(outDir),
  root,
  ssr: { noExternal: true, target: 'node' },
  build: {
    ...common(outDir).build,
    ssr: true,
    minify: false,
    target: 'node20',
    rolldownOptions: {
      input: { preload: join(root, 'main/preload/preload.ts') },
      external: ['electron'],
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
});
