import type { EntryView } from '../log/views-port.ts';
import { csvRow } from './csv.ts';
import { linesFile, textFile, type PackFile } from './pack-file.ts';
import type { PackContext } from './pack-context.ts';
import { headsFile, streamFile } from './paths.ts';
import { eventsOf, type Replay, type ReplayStream } from './replay.ts';
import { lineHash } from '../log/line.ts';

/** `data/20-timeline/`: the lines themselves, their signatures, the heads, and one readable table of all entries. */

const chain = (replay: Replay, stream: ReplayStream): PackFile =>
  linesFile(streamFile(stream.org, stream.dev, 'chain'), function* () {
    for (const { line } of eventsOf(replay, stream)) yield line;
  });

const signatures = (replay: Replay, stream: ReplayStream): PackFile =>
  linesFile(streamFile(stream.org, stream.dev, 'sigs'), function* () {
    let seq = 0;
    for (const { line, sig } of eventsOf(replay, stream)) {
      seq += 1;
      yield JSON.stringify({ seq, hash: lineHash(line), sig });
    }
  });

/** One line per stream: chain file below 20-timeline, number of its newest event, its hash. */
export const headsText = (streams: readonly ReplayStream[]): string =>
  streams
    .map(
      ({ org, dev, seq, hash }) =>
        `${streamFile(org, dev, 'chain').slice('data/20-timeline/'.length)} ${seq} ${hash}\n`,
    )
    .join('');

const columns = [
  'number', 'happened_at', 'observed_at', 'recorded_at', 'type', 'actor', 'name', 'attested', 'effect', 'reason',
  'text', 'fields', 'withheld', 'assets', 'witnesses', 'device', 'seq', 'event',
] as const; // prettier-ignore

/** The words of an entry, where it has one field of words. */
export const wordsOf = (entry: EntryView): string => {
  const { fields } = entry;
  for (const name of ['text', 'title', 'summary', 'name', 'purpose', 'reason', 'basis']) {
    const value = fields[name];
    if (typeof value === 'string') return value;
  }
  return '';
};

const row = (context: PackContext, entry: EntryView, index: number): string =>
  csvRow([
    index + 1, entry.happenedAt, entry.observedAt, entry.recordedAt, entry.type, entry.by.actor,
    context.nameOf(entry.by.actor), entry.by.attested ? 'attested' : 'not attested', entry.effect, entry.reason,
    wordsOf(entry), JSON.stringify(entry.fields), entry.withheldCount, entry.assets.join(' '), entry.witnesses.length,
    entry.dev, entry.seq, entry.hash,
  ]); // prettier-ignore

const merged = (context: PackContext): PackFile => ({
  path: 'data/20-timeline/merged.csv',
  *chunks() {
    yield csvRow(columns);
    for (const [index, entry] of context.replay.entries().entries()) yield row(context, entry, index);
  },
});

export const timelineFiles = (context: PackContext): readonly PackFile[] => {
  const { replay } = context;
  return [
    ...replay.streams.flatMap((stream) => [chain(replay, stream), signatures(replay, stream)]),
    textFile(headsFile, headsText(replay.streams)),
    merged(context),
  ];
};
