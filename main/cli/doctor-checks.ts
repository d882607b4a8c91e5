import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSecrets } from '../core/secrets.ts';
import { nodeScheduler } from '../core/node-seams.ts';
import { connectionFrom } from '../databricks/connection.ts';
import { checkConnection } from '../databricks/connection-check.ts';
import type { Connection, DatabricksFailure } from '../databricks/port.ts';
import { findPractice, type PracticeAddress } from '../practice/launch.ts';
import type { Result } from '../../shared/base/result.ts';
import { practiceFolder } from '../../shared/domain/paths.ts';
import { loadAssets } from '../host/assets.ts';
import { chooseHost } from './choose-host.ts';
import { electronArguments, findElectron, probeElectron } from './electron.ts';
import { appVersion, distFolder, rootFolder, systemClock, systemRandom, thisMachine } from './machine.ts';

/** One line of the doctor: `wrong` needs a person, `note` is good to know. */
export type Finding = {
  readonly name: string;
  readonly state: 'fine' | 'note' | 'wrong';
  readonly detail: string;
  readonly advice?: string;
};
/** The workspace that a profile has saved; null = the practice lakehouse. */
export type SavedConnection = { readonly host: string; readonly port: number; readonly httpPath: string };

/** The program, its Node, and which window it would open. */
export const machineFindings = async (profile: string): Promise<readonly Finding[]> => {
  const assets = loadAssets(distFolder());
  const offset = Number(process.env['BREAKWATER_CLOCK_OFFSET_MS'] ?? 0) || 0;
  return [
    { name: 'Breakwater', state: 'fine', detail: `${appVersion()} in ${rootFolder()}` },
    {
      name: 'Node',
      state: Number.parseInt(process.versions.node, 10) >= 24 ? 'fine' : 'wrong',
      detail: `${process.version} (Node-API ${process.versions['napi'] ?? 'unknown'}), ${process.platform} ${process.arch}`,
    },
    assets.ok
      ? { name: 'window', state: 'fine', detail: `${assets.value.size} files, each the one that was built` }
      : {
          name: 'window',
          state: 'wrong',
          detail: `${assets.error.what} ${assets.error.code ?? ''}`,
          advice: assets.error.advice,
        },
    await electronFinding(profile),
    {
      name: 'clock',
      state: offset === 0 ? 'fine' : 'note',
      detail:
        new Date(systemClock.now() + offset).toISOString() +
        (offset === 0 ? '' : `, moved by ${offset} ms through BREAKWATER_CLOCK_OFFSET_MS`),
    },
  ];
};

const electronFinding = async (profile: string): Promise<Finding> => {
  const root = rootFolder();
  const found = findElectron(root, process.env);
  const choice = chooseHost({
    platform: process.platform,
    env: process.env,
    isRoot: process.getuid?.() === 0,
    electron: found,
  });
  const name = 'desktop window';
  if (choice.host === 'browser') return { name, state: 'note', detail: `the browser is used: ${choice.reason}` };
  const probe = await probeElectron(choice.path, root, choice.sandbox, profile, nodeScheduler);
  if ('problem' in probe) return { name, state: 'note', detail: `the browser is used: ${probe.problem}` };
  const core = Number(probe.napi) >= 10 ? 'as its utility process' : 'as a Node 24 child (its Node-API is too old)';
  const line = electronArguments(root, choice.sandbox, []).length > 1 ? ', without its sandbox' : '';
  return { name, state: 'fine', detail: `Electron ${probe.electron} at ${choice.path}${line}; the core runs ${core}` };
};

export const practiceFinding = async (): Promise<{ finding: Finding; address: PracticeAddress | null }> => {
  const folder = practiceFolder(thisMachine());
  const address = await findPractice(folder);
  const detail =
    address === null
      ? `not running${existsSync(folder) ? `; its state is in ${folder}` : ''}`
      : `running at ${address.host}:${address.port}, seed ${address.seed}, process ${address.pid}`;
  return { finding: { name: 'practice lakehouse', state: address === null ? 'note' : 'fine', detail }, address };
};

/** The connection of the profile, step by step. The practice lakehouse is only checked when it runs: nothing is started here. */
export const connectionFindings = async (
  folder: string,
  saved: SavedConnection | null,
  practice: PracticeAddress | null,
): Promise<readonly Finding[]> => {
  if (saved === null && practice === null)
    return [{ name: 'connection', state: 'note', detail: 'the practice lakehouse, which is not running: not checked' }];
  const secret = openSecrets(folder, null).read('workspace');
  if (saved !== null && !secret.ok)
    return [{ name: 'connection', state: 'note', detail: secret.error.what, advice: secret.error.advice }];
  const kept = secret.ok ? secret.value?.['token'] : undefined;
  const ownToken = typeof kept === 'string' ? kept : readOr(join(folder, 'token'));
  const token = practice !== null && saved === null ? practice.token : ownToken;
  const connection = connectionFrom({
    explicit:
      saved === null && practice !== null
        ? {
            kind: 'practice',
            name: 'practice lakehouse',
            host: `${practice.host}:${practice.port}`,
            httpPath: practice.httpPath,
            token,
            caFile: practice.caFile,
          }
        : { kind: 'workspace', host: saved?.host ?? '', httpPath: saved?.httpPath ?? '', token },
    env: {},
    configFile: null,
  });
  return stepFindings(connection);
};

/** A connection, step by step; one that cannot even be tried is one line. */
export const stepFindings = async (connection: Result<Connection, DatabricksFailure>): Promise<readonly Finding[]> => {
  if (!connection.ok)
    return [{ name: 'connection', state: 'wrong', detail: connection.error.what, advice: connection.error.advice }];
  const steps = await checkConnection(connection.value, [], {
    clock: systemClock,
    scheduler: nodeScheduler,
    random: systemRandom,
  });
  return steps.map((step) => ({
    name: `· ${step.step}`,
    state: step.state === 'failed' ? 'wrong' : step.state === 'works' ? 'fine' : 'note',
    detail: step.detail,
    ...('failure' in step && step.failure ? { advice: step.failure.advice } : {}),
  }));
};

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};
