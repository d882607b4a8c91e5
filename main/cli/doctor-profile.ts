import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { thrownText } from '../../shared/base/failure.ts';
import { savedOthers, savedPrimary, type SavedConnection } from '../core/saved-connections.ts';
import { newestVersion } from '../store/migrate.ts';
import { migrations } from '../store/migrations/index.ts';
import { type Driver, openDriver } from '../store/sqlite.ts';
import { applicationId } from '../store/store.ts';
import type { Finding } from './doctor-finding.ts';
import { readerOf } from './reader.ts';

/** `primary`: null = the practice lakehouse; `others`: the further workspaces of the profile. */
export type SavedHere = { readonly primary: SavedConnection | null; readonly others: readonly SavedConnection[] };
export type ProfileFindings = { readonly findings: readonly Finding[]; readonly saved: SavedHere };

const noneSaved: SavedHere = { primary: null, others: [] };

/** Look at a profile folder without making, migrating or repairing anything. */
export const profileFindings = (profile: string, folder: string): ProfileFindings => {
  const name = 'profile';
  if (!existsSync(folder))
    return {
      findings: [{ name, state: 'note', detail: `${profile}: not used yet; ${folder} does not exist` }],
      saved: noneSaved,
    };
  const database = join(folder, 'breakwater.db');
  const looked = existsSync(database)
    ? databaseFinding(database)
    : { finding: { name: 'database', state: 'note', detail: 'none yet' } as const, saved: noneSaved };
  return {
    findings: [
      { name, state: 'fine', detail: `${profile} in ${folder}${holder(folder)}` },
      modeFinding(folder),
      looked.finding,
      keyFinding(folder),
      secretsFinding(folder),
    ],
    saved: looked.saved,
  };
};

const holder = (folder: string): string => {
  const file = join(folder, 'lock');
  const pid = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return pid === '' ? '' : `, in use by process ${pid}`;
};

/** Mode bits mean nothing on Windows, where the folder of the user is private by its access list. */
const modeFinding = (folder: string): Finding => {
  const name = 'who may read it';
  if (process.platform === 'win32')
    return { name, state: 'fine', detail: 'as the access list of your user folder says' };
  const open = [folder, join(folder, 'breakwater.db'), join(folder, 'device.key'), join(folder, 'secrets')].filter(
    (path) => existsSync(path) && (statSync(path).mode & 0o077) !== 0,
  );
  const [first] = open;
  // What lies in a private folder cannot be reached by others whatever its own mode says.
  if (first === undefined || (statSync(folder).mode & 0o077) === 0) return { name, state: 'fine', detail: 'only you' };
  return {
    name,
    state: 'wrong',
    detail: `others of this machine, too: ${open.join(', ')}`,
    advice: `chmod -R go-rwx ${folder}`,
  };
};

const databaseFinding = (path: string): { finding: Finding; saved: SavedHere } => {
  const name = 'database';
  const wrong = (detail: string, advice: string): { finding: Finding; saved: SavedHere } => ({
    finding: { name, state: 'wrong', detail, advice },
    saved: noneSaved,
  });
  const size = statSync(path).size;
  if (!isSqlite(path)) return wrong(`${path} is not a database`, 'Move the file away; the folder was left as it is.');
  let driver: Driver | null = null;
  try {
    driver = openDriver(path, { mustExist: true });
    if (Number(driver.pragma('application_id')) !== applicationId)
      return wrong(`${path} belongs to another program`, 'Move the file away or use another profile.');
    const version = Number(driver.pragma('user_version'));
    const newest = newestVersion(migrations);
    if (version > newest)
      return wrong(
        `written by a newer Breakwater (schema ${version}; this one knows ${newest})`,
        'Start the newer Breakwater, or use another profile with this one.',
      );
    const check = String(driver.pragma('quick_check(1)'));
    if (check !== 'ok')
      return wrong(
        `damaged: ${check}`,
        'Copy the profile folder away, then sync into a new profile or restore a backup.',
      );
    return {
      finding: {
        name,
        state: 'fine',
        detail: `whole, ${Math.ceil(size / 1024)} KiB, schema ${version}, not encrypted`,
      },
      saved: { primary: savedPrimary(readerOf(driver)), others: savedOthers(readerOf(driver)) },
    };
  } catch (thrown) {
    return wrong(`cannot be read: ${thrownText(thrown)}`, 'Copy the profile folder away before you try anything.');
  } finally {
    driver?.close();
  }
};

const isSqlite = (path: string): boolean => {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(16);
    return readSync(file, bytes, 0, 16, 0) === 16 && bytes.toString('latin1') === 'SQLite format 3\0';
  } finally {
    closeSync(file);
  }
};

const keyFinding = (folder: string): Finding => {
  const name = 'device key';
  const path = join(folder, 'device.key');
  if (!existsSync(path)) return { name, state: 'note', detail: 'none yet' };
  const wrapped = readFileSync(path, 'utf8').startsWith('breakwater-wrapped-1 keyring');
  return wrapped
    ? { name, state: 'fine', detail: 'wrapped by the system keyring' }
    : { name, state: 'note', detail: 'a file with mode 0600: whoever can read your files can sign as this device' };
};

/** How whatever signs in to workspaces is kept. */
const secretsFinding = (folder: string): Finding => {
  const name = 'sign-ins';
  const dir = join(folder, 'secrets');
  const files = existsSync(dir) ? readdirSync(dir).filter((file) => file.endsWith('.secret')) : [];
  // Of an earlier version: it stays until the app moved what is in it, which a passphrase that was not given holds up.
  const isOld = existsSync(join(folder, 'token'));
  if (files.length === 0 && !isOld) return { name, state: 'note', detail: 'none stored' };
  const heads = files.map((file) => readFileSync(join(dir, file), 'utf8').split('\n')[0] ?? '');
  const plain = heads.filter((head) => head.endsWith(' file')).length + (isOld ? 1 : 0);
  if (plain > 0)
    return {
      name,
      state: 'note',
      detail: `${plain} of ${files.length + (isOld ? 1 : 0)} in plain files with mode 0600, not encrypted: whoever can read your files can act as you in the workspace`,
      advice: existsSync(join(dir, 'passphrase.json'))
        ? 'Open the app and give your passphrase under Settings, Connection: they are wrapped then.'
        : 'Choose a passphrase under Settings, Connection.',
    };
  const how = heads.every((head) => head.endsWith(' keyring')) ? 'the system keyring' : 'a passphrase';
  return { name, state: 'fine', detail: `wrapped by ${how}` };
};
