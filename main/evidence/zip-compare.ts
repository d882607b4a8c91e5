import { readSync } from 'node:fs';
import type { Findings } from './finding.ts';
import type { OpenZip, ZipEntry } from './zip-read.ts';
import { zipBytes } from './zip-write.ts';

const firstDifference = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) if (a[at] !== b[at]) return at;
  return length;
};

/** Which file's header or directory record a position belongs to, in words. */
const placeOf = (at: number, entries: readonly ZipEntry[]): string => {
  const within = entries.findLast((entry) => entry.at <= at);
  return within === undefined ? 'the beginning of the zip' : `near ${within.path}, byte ${at} of the zip`;
};

/**
 * Write the zip again from its own files and compare: what differs is bookkeeping that does not follow from the files, so
 * nobody's manifest covers it. Names the first place. Null when the zip is what Breakwater writes.
 */
export const compareContainer = async (
  fd: number,
  size: number,
  zip: OpenZip,
  findings: Findings,
): Promise<void> => {
  const rewritten =
    'The files may be whole, but the zip around them is not as Breakwater wrote it: it was packed again or changed.';
  if (!zip.plain) {
    if (findings.list.length === 0 || zip.entries.some(({ stored }) => !stored))
      findings.add('container-changed', 'the zip', rewritten);
    return;
  }
  let at = 0;
  const seen = Buffer.alloc(1024 * 1024);
  for await (const piece of zipBytes(zip.top, zip.entries)) {
    for (let done = 0; done < piece.length;) {
      const wanted = piece.subarray(done, done + seen.length);
      const read = readSync(fd, seen, 0, wanted.length, at);
      const found = seen.subarray(0, read);
      const same = firstDifference(wanted, found);
      if (same < wanted.length) {
        findings.add('container-changed', placeOf(at + same, zip.entries), rewritten);
        return;
      }
      at += wanted.length;
      done += wanted.length;
    }
  }
  if (at < size) findings.add('trailing-bytes', `byte ${at} of the zip`, `${size - at} bytes stand behind the end of the zip.`);
};
