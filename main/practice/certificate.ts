import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { Clock } from '../../shared/base/time.ts';

export type Certificate = { readonly key: string; readonly cert: string; readonly caFile: string };

const day = 86_400_000;
const lifeDays = 90;
/** Renewed at start when less than this is left: longer than any drill keeps a practice lakehouse running. */
const renewDays = 14;

const usable = (cert: string, now: number): boolean => {
  const parsed = new X509Certificate(cert);
  return Date.parse(parsed.validFrom) <= now && Date.parse(parsed.validTo) - now > renewDays * day;
};

/**
 * The certificate for 127.0.0.1 and localhost, self-signed and its own authority: clients trust the file `caFile`. Kept in `dir`,
 * renewed before it expires (and when the clock stands before its beginning).
 */
export const loadCertificate = async (dir: string, clock: Clock): Promise<Certificate> => {
  const caFile = join(dir, 'ca.pem');
  const keyFile = join(dir, 'key.pem');
  const now = clock.now();
  if (existsSync(caFile) && existsSync(keyFile)) {
    const cert = readFileSync(caFile, 'utf8');
    if (usable(cert, now)) return { key: readFileSync(keyFile, 'utf8'), cert, caFile };
  }
  const made = await generate([{ name: 'commonName', value: 'Breakwater practice lakehouse' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - day),
    notAfterDate: new Date(now + lifeDays * day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  mkdirSync(dir, { recursive: true });
  for (const [file, text, mode] of [
    [keyFile, made.private, 0o600],
    [caFile, made.cert, 0o644],
  ] as const) {
    writeFileSync(`${file}.new`, text, { mode });
    renameSync(`${file}.new`, file);
  }
  return { key: made.private, cert: made.cert, caFile };
};
