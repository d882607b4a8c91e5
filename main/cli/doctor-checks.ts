import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loginStore } from '../core/login-store.ts';
import { type NetworkChoice, reachOf } from '../core/network-choice.ts';
import { openSecrets } from '../core/secrets.ts';
import { cliHere } from '../databricks/cli-token.ts';
import { credentialIn, openPlan } from '../databricks/credential.ts';
import { staticToken } from '../databricks/token-source.ts';
import { nodeScheduler } from '../core/node-seams.ts';
import { connectionFrom } from '../databricks/connection.ts';
import type { AuthKind, Connection } from '../databricks/port.ts';
import { findPractice, type PracticeAddress } from '../practice/launch.ts';
import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { practiceFolder } from '../../shared/domain/paths.ts';
import { loadAssets } from '../host/assets.ts';
import { chooseHost } from './choose-host.ts';
import { electronArguments, findElectron, probeElectron } from './electron.ts';
import type { Finding } from './doctor-finding.ts';
import { stepFindings } from './doctor-steps.ts';
import { appVersion, distFolder, rootFolder, systemClock, thisMachine } from './machine.ts';

/** The workspace that a profile has saved; null = the practice lakehouse. */
export type SavedConnection = {
  readonly host: string;
  readonly port: number;
  readonly httpPath: string;
  readonly auth: AuthKind;
  readonly network: NetworkChoice;
};

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
  startWarehouse: boolean,
): Promise<readonly Finding[]> => {
  if (saved === null && practice === null)
    return [{ name: 'connection', state: 'note', detail: 'the practice lakehouse, which is not running: not checked' }];
  if (saved === null && practice !== null) {
    const { host, port, httpPath, token, caFile } = practice;
    return stepFindings(
      ok({ kind: 'practice', name: 'practice lakehouse', host, port, httpPath, caFile, auth: staticToken(token) }),
      startWarehouse,
    );
  }
  return stepFindings(saved === null ? err(nothingSaved) : savedPlan(folder, saved), startWarehouse);
};

/** The saved workspace as the core would open it, where what signs in can be read without the app. */
const savedPlan = (folder: string, saved: SavedConnection): Result<Connection, Failure> => {
  const secrets = openSecrets(folder, null);
  const secret = secrets.read('workspace');
  if (!secret.ok) return secret;
  const { host, httpPath, auth } = saved;
  const old = { kind: 'pat', token: readOr(join(folder, 'token')) };
  const credential = credentialIn({ ...(secret.value ?? old), kind: auth });
  const plan = connectionFrom({
    explicit: { kind: 'workspace', host, httpPath, ...(credential === null ? {} : { credential }) },
    env: {},
    configFile: null,
  });
  if (!plan.ok) return plan;
  const reach = reachOf(saved.network, secret.value?.['proxy'], process.env, plan.value.host);
  if (!reach.ok) return reach;
  const seams = { clock: systemClock, cli: cliHere(thisMachine().home) };
  return ok(
    openPlan({ ...plan.value, ...reach.value }, seams, loginStore(folder, secrets, 'workspace', nodeScheduler)),
  );
};

const nothingSaved: Failure = failure('NotConfigured', 'No workspace is saved.', 'Nothing was sent.', 'Connect one.');

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};
