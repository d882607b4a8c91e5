import { isJsonObject } from '../../shared/base/json.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { sha256Hex } from '../log/digest.ts';
import type { Findings } from './finding.ts';
import { headsFile, streamFile } from './paths.ts';
import { textOf, type FoundFile } from './verify-bag.ts';
import type { FoundLog, FoundStream } from './verify-chains.ts';

/** What the lines say about each other's heads: `seen` of every line, `heads` of every export. */
export type HeadClaims = {
  /** Take a line's claims down. */
  readonly note: (line: EventLine) => void;
  readonly seen: () => ReadonlyMap<string, SeenClaim>;
};
type SeenClaim = {
  readonly log: string;
  readonly dev: string;
  readonly seq: number;
  readonly hash: string;
  readonly by: string;
};

/** Every claim about another stream's event, once. */
export const headClaims = (): HeadClaims => {
  const seen = new Map<string, SeenClaim>();
  return {
    note: (line) => {
      for (const [dev, [seq, hash]] of Object.entries(line.seen)) {
        const key = `${line.log} ${dev} ${seq} ${hash}`;
        if (!seen.has(key)) seen.set(key, { log: line.log, dev, seq, hash, by: `${line.dev} event ${line.seq}` });
      }
    },
    seen: () => seen,
  };
};

const checkHeadsFile = (files: ReadonlyMap<string, FoundFile>, found: FoundLog, findings: Findings): void => {
  const stated = new Map<string, { readonly seq: number; readonly hash: string }>();
  for (const line of textOf(files, headsFile).split('\n')) {
    const [path = '', seq = '', hash = ''] = line.split(' ');
    if (path !== '') stated.set(`data/20-timeline/${path}`, { seq: Number(seq), hash });
  }
  for (const [path, { seq, hash }] of stated) {
    const stream = found.streams.find((candidate) => candidate.path === path);
    if (!stream) findings.add('cut-tail', path, `HEADS.txt names its event ${seq}; the whole stream is missing.`);
    else if (stream.whole) compareHead(stream, seq, hash, 'HEADS.txt', findings);
  }
  for (const { path } of found.streams)
    if (!stated.has(path)) findings.add('wrong-heads', path, 'HEADS.txt does not name this stream.');
};

const compareHead = (stream: FoundStream, seq: number, hash: string, who: string, findings: Findings): void => {
  const have = stream.hashes.length;
  if (have < seq)
    findings.add('cut-tail', stream.path, `It ends at event ${have}; ${who} says ${seq}: the tail was cut off.`);
  else if (have > seq) findings.add('beyond-head', stream.path, `It goes on to event ${have}; ${who} says ${seq}.`);
  else if (stream.hashes[have - 1] !== hash)
    findings.add('wrong-heads', stream.path, `Its event ${have} has another hash than ${who} says.`);
};

/** `seen` names an event by number and hash: another history under that number is a rewritten one. */
const checkSeen = (found: FoundLog, claims: HeadClaims, findings: Findings): void => {
  const streams = new Map(found.streams.map((stream) => [`${stream.log ?? ''} ${stream.dev}`, stream]));
  const missing = new Map<string, SeenClaim>();
  for (const claim of claims.seen().values()) {
    const stream = streams.get(`${claim.log} ${claim.dev}`);
    const hash = stream?.hashes[claim.seq - 1];
    if (hash === undefined) {
      if (stream?.whole === false) continue;
      const known = missing.get(`${claim.log} ${claim.dev}`);
      if (!known || known.seq < claim.seq) missing.set(`${claim.log} ${claim.dev}`, claim);
    } else if (hash !== claim.hash) {
      findings.add(
        'wrong-heads',
        stream?.path ?? claim.dev,
        `${claim.by} had seen another event ${claim.seq}: this history was written anew, or the device signed two.`,
      );
    }
  }
  for (const { dev, seq, by } of missing.values())
    findings.remark(
      dev,
      `${by} had seen its event ${seq}, which had not reached the exporting device: newer events exist.`,
    );
};

/** The export's own heads: every stream must end where the export says; the exporting device's own goes on to the export. */
const checkExport = (found: FoundLog, exporter: string, findings: Findings): void => {
  const own = found.streams.find(({ org, dev }) => !org && dev === exporter);
  const last = own?.last;
  if (!own?.whole || !last) {
    if (!own)
      findings.add('not-exported', 'bag-info.txt', 'The device that is said to have exported has no stream here.');
    return;
  }
  const heads = last.c['heads'];
  if (last.type !== 'pack.exported' || !isJsonObject(heads)) {
    findings.add(
      'cut-tail',
      own.path,
      'The exporting device’s stream does not end with pack.exported: its tail was cut off.',
    );
    return;
  }
  const named = new Set<string>();
  for (const [log, streams] of Object.entries(heads)) {
    if (!isJsonObject(streams)) continue;
    const org = log.startsWith('org:');
    if (Array.isArray(streams['*'])) {
      checkMany(found, org, own, streams['*'], named, findings);
      continue;
    }
    for (const [dev, head] of Object.entries(streams)) {
      if (!Array.isArray(head)) continue;
      const [seq, hash] = head as readonly unknown[];
      const path = streamFile(org, dev, 'chain');
      named.add(path);
      const stream = found.streams.find((candidate) => candidate.path === path);
      if (!stream)
        findings.add(
          'cut-tail',
          path,
          `At the export its event ${Number(seq)} was there; the whole stream is missing.`,
        );
      else if (stream !== own && stream.whole)
        compareHead(stream, Number(seq), String(hash), 'pack.exported', findings);
    }
  }
  for (const stream of found.streams)
    if (stream !== own && !named.has(stream.path))
      findings.add('beyond-head', stream.path, 'pack.exported does not name this stream: it was added.');
};

/** Of very many streams the export names their number and one digest, without the exporting device's own in the room. */
const checkMany = (
  found: FoundLog,
  org: boolean,
  own: FoundStream,
  claim: readonly unknown[],
  named: Set<string>,
  findings: Findings,
): void => {
  const streams = found.streams.filter((stream) => stream.org === org && stream !== own);
  for (const { path } of streams) named.add(path);
  if (streams.some(({ whole }) => !whole)) return;
  const lines = streams.map(({ dev, hashes }) => `${dev} ${hashes.length} ${hashes.at(-1) ?? ''}\n`).sort();
  if (streams.length !== claim[0] || sha256Hex(lines.join('')) !== claim[1])
    findings.add(
      'wrong-heads', headsFile, 'The heads are not those that pack.exported recorded: a tail was cut, or a stream was added.',
    ); // prettier-ignore
};

export const checkHeads = (
  files: ReadonlyMap<string, FoundFile>,
  found: FoundLog,
  claims: HeadClaims,
  exporter: string,
  findings: Findings,
): void => {
  checkHeadsFile(files, found, findings);
  checkExport(found, exporter, findings);
  checkSeen(found, claims, findings);
};
