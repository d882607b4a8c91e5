import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { failure, type Failure, thrownText } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Core } from '../core/create-core.ts';

/**
 * The passphrase that protects the sign-ins of a profile: the first line of the file that BREAKWATER_PASSPHRASE_FILE names,
 * else typed on a terminal where `ask` allows it; null = neither. Never from the command line or a variable, which others can
 * read. Failure: PassphraseFileUnreadable.
 */
export const passphraseHere = async (ask: boolean): Promise<Result<string | null, Failure>> => {
  const path = process.env['BREAKWATER_PASSPHRASE_FILE'] ?? '';
  let passphrase = '';
  if (path !== '') {
    try {
      passphrase = readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? '';
    } catch (thrown) {
      return err(unreadable(path, thrownText(thrown)));
    }
  } else if (ask && process.stdin.isTTY) passphrase = await typed();
  return ok(passphrase === '' ? null : passphrase);
};

/**
 * Give a core the passphrase, where its sign-ins have one. With none the core goes on without sign-ins and says so where one is
 * needed. Failures: PassphraseFileUnreadable, WrongPassphrase.
 */
export const unlock = async (core: Core, ask: boolean): Promise<Result<void, Failure>> => {
  const login = await core.call('connection.login', {});
  if (!login.ok || !login.value.secrets.locked) return ok(undefined);
  const passphrase = await passphraseHere(ask);
  if (!passphrase.ok) return passphrase;
  if (passphrase.value === null) return ok(undefined);
  const opened = await core.call('connection.unlock', { passphrase: passphrase.value });
  return opened.ok ? ok(undefined) : opened;
};

/** A line of the terminal that is not shown while it is typed. */
const typed = (): Promise<string> =>
  new Promise((resolve) => {
    const nowhere = new Writable({ write: (_text, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
    process.stderr.write('Passphrase of the sign-ins of this profile (Enter alone: go on without): ');
    const end = (line: string): void => {
      lines.close();
      process.stderr.write('\n');
      resolve(line);
    };
    lines.once('line', end);
    lines.once('SIGINT', () => {
      end('');
      process.emit('SIGINT');
    });
  });

const unreadable = (path: string, why: string): Failure<'PassphraseFileUnreadable'> =>
  failure(
    'PassphraseFileUnreadable',
    `The file of BREAKWATER_PASSPHRASE_FILE (${path}) cannot be read: ${why}.`,
    'Nothing was changed.',
    'Correct the path, or leave the variable out and type the passphrase.',
  );
