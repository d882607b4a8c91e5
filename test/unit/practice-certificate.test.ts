import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadCertificate } from '../../main/practice/certificate.ts';

const dir = mkdtempSync(join(tmpdir(), 'bw-cert-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const day = 86_400_000;

it('makes a certificate for this machine, keeps it, and renews it before it expires', async () => {
  const start = Date.UTC(2026, 5, 1);
  const at = (ms: number): Promise<{ cert: string; caFile: string }> => loadCertificate(dir, { now: () => ms });
  const first = await at(start);
  const parsed = new X509Certificate(first.cert);
  expect(parsed.ca).toBe(true);
  expect(parsed.subjectAltName).toContain('DNS:localhost');
  expect(parsed.subjectAltName).toContain('IP Address:127.0.0.1');
  expect(parsed.checkIssued(parsed)).toBe(true);
  expect(statSync(join(dir, 'key.pem')).mode & 0o077).toBe(0);
  expect((await at(start + 3 * day)).cert).toBe(first.cert);
  const renewed = await at(start + 80 * day);
  expect(renewed.cert).not.toBe(first.cert);
  expect(readFileSync(renewed.caFile, 'utf8')).toBe(renewed.cert);
  expect(Date.parse(new X509Certificate(renewed.cert).validTo)).toBeGreaterThan(start + 160 * day);
  // A clock that stands before its beginning would make it useless too.
  expect((await at(start)).cert).not.toBe(renewed.cert);
});
