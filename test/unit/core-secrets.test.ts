// Secrets at rest: wrapped where that is possible, never deleted because they could not be opened.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSecrets } from '../../main/core/secrets.ts';
import { moveTokenFile } from '../../main/core/token-file.ts';
import { scratch, value } from '../support/core.ts';

const secret = { kind: 'pat', token: 'dapiCANARYrest' };
const phrase = 'four words and a horse';
const fileOf = (dir: string, id: string): string => join(dir, 'secrets', `${id}.secret`);

describe('secrets at rest', () => {
  it('are wrapped by the keyring, each bound to its own id', () => {
    const [dir, key] = [scratch(), randomBytes(32)];
    const store = openSecrets(dir, key);
    expect(store.state()).toEqual({ protection: 'keyring', locked: false });
    expect(store.read('one')).toEqual({ ok: true, value: null });
    value(store.write('one', secret));
    expect(value(openSecrets(dir, key).read('one'))).toEqual(secret);
    expect(readFileSync(fileOf(dir, 'one'), 'utf8')).not.toContain('CANARY');
    expect(statSync(fileOf(dir, 'one')).mode & 0o777).toBe(0o600);
    copyFileSync(fileOf(dir, 'one'), fileOf(dir, 'two'));
    expect(store.read('two')).toMatchObject({ error: { tag: 'SecretUnreadable' } });
    expect(openSecrets(dir, randomBytes(32)).read('one')).toMatchObject({ error: { tag: 'SecretUnreadable' } });
    expect(openSecrets(dir, null).read('one')).toMatchObject({ error: { tag: 'KeyringMissing' } });
    expect(value(store.read('one'))).toEqual(secret);
    value(store.remove('one'));
    expect(store.read('one')).toEqual({ ok: true, value: null });
  });

  it('lie in a private plain file where nothing else exists, and are wrapped when a keyring appears', () => {
    const dir = scratch();
    value(openSecrets(dir, null).write('one', secret));
    expect(readFileSync(fileOf(dir, 'one'), 'utf8')).toContain('CANARY');
    const key = randomBytes(32);
    openSecrets(dir, key);
    expect(readFileSync(fileOf(dir, 'one'), 'utf8')).not.toContain('CANARY');
    expect(value(openSecrets(dir, key).read('one'))).toEqual(secret);
  });

  it('are protected by a passphrase that is asked for once a start and stored nowhere', async () => {
    const dir = scratch();
    const store = openSecrets(dir, null);
    value(store.write('one', secret));
    expect(await store.protect('short')).toMatchObject({ error: { tag: 'PassphraseTooShort' } });
    expect(await store.unlock(phrase)).toMatchObject({ error: { tag: 'NoPassphrase' } });
    value(await store.protect(phrase));
    expect(await store.protect(phrase)).toMatchObject({ error: { tag: 'AlreadyProtected' } });
    const bytes = readdirSync(join(dir, 'secrets')).map((name) => readFileSync(join(dir, 'secrets', name), 'utf8'));
    expect(bytes.join()).not.toMatch(/CANARY|horse/);

    const later = openSecrets(dir, null);
    expect(later.state()).toEqual({ protection: 'passphrase', locked: true });
    expect(later.read('one')).toMatchObject({ error: { tag: 'SecretsLocked' } });
    expect(later.write('one', { kind: 'pat', token: 'x' })).toMatchObject({ error: { tag: 'SecretsLocked' } });
    expect(await later.unlock('four words and a house')).toMatchObject({ error: { tag: 'WrongPassphrase' } });
    expect(readdirSync(join(dir, 'secrets')).sort()).toEqual(['one.secret', 'passphrase.json']);
    value(await later.unlock(phrase));
    expect(value(later.read('one'))).toEqual(secret);
  });

  it('a damaged file is named and kept', async () => {
    const dir = scratch();
    const store = openSecrets(dir, null);
    value(await store.protect(phrase));
    value(store.write('one', secret));
    const path = join(dir, 'secrets', 'passphrase.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"N":\d+/, '"N":99999999999'));
    expect(await openSecrets(dir, null).unlock(phrase)).toMatchObject({ error: { tag: 'PassphraseFileDamaged' } });
    writeFileSync(fileOf(dir, 'one'), 'rubbish');
    expect(store.read('one')).toMatchObject({ error: { tag: 'SecretUnreadable' } });
    expect(existsSync(fileOf(dir, 'one'))).toBe(true);
  });
});

describe('the token file of earlier versions', () => {
  const old = (dir: string): string => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'token'), 'dapiOLD\n', { mode: 0o600 });
    return join(dir, 'token');
  };
  it('is moved into the store and goes when it was read back', () => {
    const [dir, key] = [scratch(), randomBytes(32)];
    const path = old(dir);
    value(moveTokenFile(dir, openSecrets(dir, key), 'workspace'));
    expect(existsSync(path)).toBe(false);
    expect(value(openSecrets(dir, key).read('workspace'))).toEqual({ kind: 'pat', token: 'dapiOLD' });
  });
  it('stays while the store is locked, and never replaces what is in the store', async () => {
    const dir = scratch();
    value(await openSecrets(dir, null).protect(phrase));
    const path = old(dir);
    const store = openSecrets(dir, null);
    value(moveTokenFile(dir, store, 'workspace'));
    expect(existsSync(path)).toBe(true);
    value(await store.unlock(phrase));
    value(store.write('workspace', secret));
    value(moveTokenFile(dir, store, 'workspace'));
    expect(existsSync(path)).toBe(false);
    expect(value(store.read('workspace'))).toEqual(secret);
  });
});
