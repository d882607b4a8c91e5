// Which reports of real workspaces lie in test/conformance/reports: the programs say so, or say that there is none.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspaceReport } from '../../shared/domain/proven.ts';

/** Reports in a folder, by date. A file that is none is left out: it proves nothing. */
export const readReports = (folder: string): readonly WorkspaceReport[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name): WorkspaceReport[] => {
      try {
        const read = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Partial<WorkspaceReport>;
        const { date, cloud, runtime, passed, failed } = read;
        const whole = typeof passed === 'number' && typeof failed === 'number' && passed > 0;
        return whole && date !== undefined && cloud !== undefined && runtime !== undefined
          ? [{ date, cloud, runtime, passed, failed }]
          : [];
      } catch {
        return [];
      }
    });
