import { basename } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { RandomBytes } from '../../shared/base/time.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import type { Store } from '../store/port.ts';
import { bestMark } from '../store/sync.ts';
import { folderFailure, readPlain, writeWhole } from './folder-files.ts';
import { encodeSegment, parseSegments, type SegmentProblem } from './segment.ts';

/**
 * The third transport: a file, for USB and mail when neither tables nor folder are there. It holds segments one after the
 * other. Nothing in it acknowledges anything: only a place that is read back does.
 */
export type FileDeps = { readonly store: Store; readonly log: EventLog; readonly random: RandomBytes };
export type Exported = { readonly events: number; readonly bytes: number };
export type Imported = {
  readonly applied: number;
  readonly duplicates: number;
  readonly waiting: number;
  readonly quarantined: number;
  readonly problems: readonly SegmentProblem[];
};

const eventsPerSegment = 1_000;
/** Read whole into memory; what is larger goes through a folder. */
export const maxFileBytes = 256 * 1024 * 1024;

const nothingToSend = (): Failure =>
  failure(
    'NothingToSend',
    'There is nothing to put into a file.',
    'No file was written.',
    'Choose rooms that hold entries, or all entries instead of the unsent ones.',
  );

/**
 * Write events of `logs` to a file that must not exist. `which`: 'unsent' = what no place was seen to hold; 'all' for
 * somebody who reaches no place. Failures: NothingToSend, and what the drive says.
 */
export const exportFile = async (
  deps: FileDeps,
  path: string,
  logs: readonly LogId[],
  which: 'unsent' | 'all',
): Promise<Result<Exported, Failure>> => {
  const parts: Buffer[] = [];
  let events = 0;
  let bytes = 0;
  for (const log of logs) {
    for (const { dev, seq } of deps.log.heads(deps.store.read, log)) {
      const first = which === 'all' ? 1 : bestMark(deps.store.read, log, dev).acked + 1;
      for (let from = first; from <= seq; from += eventsPerSegment) {
        const read = deps.log.read(deps.store.read, log, dev, from, Math.min(seq, from + eventsPerSegment - 1));
        const segment = encodeSegment(log, dev, from, read).bytes;
        parts.push(segment);
        events += read.length;
        bytes += segment.length;
        if (bytes > maxFileBytes)
          return err(
            failure(
              'TooLarge',
              'What was chosen is too large for one file.',
              'No file was written.',
              'Choose fewer rooms, or share a folder instead.',
            ),
          );
      }
    }
  }
  if (events === 0) return err(nothingToSend());
  try {
    const written = await writeWhole(path, Buffer.concat(parts), Buffer.from(deps.random(12)).toString('hex'), false);
    return written
      ? ok({ events, bytes })
      : err(failure('Exists', `${path} is already there.`, 'It was left as it is.', 'Choose another name.'));
  } catch (thrown) {
    return err(folderFailure(thrown, path));
  }
};

/** Take in any file of segments, also one taken out of a shared folder. A bad part is named, the others come in. */
export const importFile = async (deps: FileDeps, path: string): Promise<Result<Imported, Failure>> => {
  let read: Awaited<ReturnType<typeof readPlain>>;
  try {
    read = await readPlain(path, maxFileBytes);
  } catch (thrown) {
    return err(folderFailure(thrown, path));
  }
  if (typeof read === 'string')
    return err(
      failure(
        'NotReadable',
        read === 'too-large' ? `${path} is too large to read in one go.` : `${path} is not a plain file.`,
        'Nothing was taken from it.',
        'Ask for a smaller file or share a folder instead.',
        read,
      ),
    );
  const { segments, problems } = parseSegments(read);
  const total = { applied: 0, duplicates: 0, waiting: 0, quarantined: 0 };
  for (const { events } of segments) {
    const taken = deps.store.transaction<null, Failure>((db) => {
      const report = deps.log.intake(db, events, `file ${basename(path)}`);
      total.applied += report.applied;
      total.duplicates += report.duplicates;
      total.waiting += report.waiting;
      total.quarantined += report.quarantined.length;
      return ok(null);
    });
    if (!taken.ok) return taken;
  }
  return ok({ ...total, problems });
};
