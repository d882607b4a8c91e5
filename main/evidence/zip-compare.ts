import { readSync } from 'node:fs';
import type { Findings } from './finding.ts';
import type { OpenZip, ZipEntry } from './zip-read.ts';
import { zipBytes } from './zip-write.ts';

const firstDifference = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) if (a[at] !== b[at]) return at;
  return length;
};

/** Which file's header a position belongs to, in words. */
const placeOf = (at: number, entries: readonly ZipEntry[]): string => {
  const within = entries.findLast((entry) => entry.at <= at);
  return `byte ${at} of the zip${within === undefined ? '' : `, at or behind ${within.path}`}`;
};

const changed =
  'The bookkeeping of the zip is not what Breakwater wrote: a byte outside of the files was changed, or a file was exchanged.';

/**
 * Write the zip again from its own files and compare: what differs is bookkeeping that no manifest covers. Names the
 * first place. A zip in which nothing was written by Breakwater was packed again by another program: that is remarked,
 * because the files are what counts.
 */
export const compareContainer = async (fd: number, size: number, zip: OpenZip, findings: Findings): Promise<void> => {
  if (!zip.ours) {
    findings.remark('the zip', 'The files were packed again by another program than Breakwater.');
    return;
  }
  if (!zip.plain) {
    findings.add('container-changed', 'the zip', changed);
    return;
  }
  let at = 0;
  const seen = Buffer.alloc(1024 * 1024);
  for await (const piece of zipBytes(zip.top, zip.entries)) {
    for (let done = 0; done < piece.length;) {
      const wanted = piece.subarray(done, done + seen.length);
      const read = readSync(fd, seen, 0, wanted.length, at);
      const same = firstDifference(wanted, seen.subarray(0, read));
      if (same < wanted.length) {
        findings.add('container-changed', placeOf(at + same, zip.entries), changed);
        return;
      }
      at += wanted.length;
      done += wanted.length;
    }
  }
  if (at < size)
    findings.add('trailing-bytes', `byte ${at} of the zip`, `${size - at} bytes stand behind the end of the zip.`);
};
