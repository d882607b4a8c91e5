import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../shared/base/failure.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { syncFolder } from '../store/files.ts';
import type { SecretStore } from './secrets.ts';

/**
 * Earlier versions kept the token in the plain file `token` of the profile. It moves into the secret store, and goes only when
 * it was read back from there. While the store is locked it stays, and is moved after the passphrase.
 */
export const moveTokenFile = (profileDir: string, secrets: SecretStore, id: string): Result<void, Failure> => {
  const path = join(profileDir, 'token');
  if (!existsSync(path) || secrets.state().locked) return ok(undefined);
  const there = secrets.read(id);
  if (!there.ok) return there;
  const token = readFileSync(path, 'utf8').trim();
  if (there.value === null && token !== '') {
    const written = secrets.write(id, { kind: 'pat', token });
    if (!written.ok) return written;
    const again = secrets.read(id);
    if (!again.ok) return again;
    if (again.value?.['token'] !== token) return ok(undefined);
  }
  rmSync(path);
  syncFolder(profileDir);
  return ok(undefined);
};
