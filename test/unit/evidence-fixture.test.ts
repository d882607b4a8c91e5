// The frozen pack of format 1: whatever changes later, it must verify, and its bytes must be the ones that were frozen.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifyPack } from '../../main/evidence/verify.ts';

const at = (name: string): string => fileURLToPath(new URL(`../fixtures/pack-1/${name}`, import.meta.url));
const pack = at('pack.zip');

describe('the frozen pack', () => {
  it('has the bytes that were frozen', () => {
    expect(createHash('sha256').update(readFileSync(pack)).digest('hex')).toBe(
      readFileSync(at('sha256.txt'), 'utf8').trim(),
    );
  });

  it('is verified with the signers that were handed over beside it', async () => {
    const report = await verifyPack(pack, { signers: at('pack.zip.signers') });
    expect(report.findings).toEqual([]);
    expect(report.outcome).toBe('verified');
  });

  it('is verified with the fingerprint, and is of an unknown signer without either', async () => {
    const fingerprint = readFileSync(at('fingerprint.txt'), 'utf8').trim();
    expect((await verifyPack(pack, { fingerprint })).outcome).toBe('verified');
    expect((await verifyPack(pack, {})).outcome).toBe('intact, signer unknown');
  });
});
