import { closeSync, createReadStream, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { isDeviceId, isLogId, isOrgLog, type LogId } from '../../shared/domain/ids.ts';
import type { Blobs } from '../log/blobs.ts';
import type { EventLog, WireEvent } from '../log/port.ts';
import type { Store } from '../store/port.ts';
import { logFolder, openFormat } from './export-all.ts';
import { printable } from './finding.ts';

/** Read what `exportAll` wrote. Every event goes through the log's intake, as if it came from a share. */
export type ImportDeps = { readonly store: Store; readonly log: EventLog; readonly blobs: Blobs };
export type ImportProblem = { readonly where: string; readonly says: string };
export type ImportDone = {
  readonly logs: number;
  readonly events: number;
  readonly blobs: number;
  /** Empty: all logs are equal to the exported ones. */
  readonly problems: readonly ImportProblem[];
};

const batch = 2000;
/** A line of 32 KiB and disclosures of 256 KiB each; no honest row is longer. */
const rowLimit = 64 * 1024 * 1024;

function* linesIn(path: string): Generator<string> {
  const file = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(256 * 1024);
    let held = Buffer.alloc(0);
    for (;;) {
      const read = readSync(file, piece, 0, piece.length, null);
      if (read === 0) break;
      held = Buffer.concat([held, piece.subarray(0, read)]);
      let from = 0;
      for (let at = held.indexOf(10); at >= 0; at = held.indexOf(10, from)) {
        yield held.toString('utf8', from, at);
        from = at + 1;
      }
      held = held.subarray(from);
      if (held.length > rowLimit) return;
    }
    if (held.length > 0) yield held.toString('utf8');
  } finally {
    closeSync(file);
  }
}

const wireOf = (text: string): WireEvent | null => {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { line, d, sig, copies } = parsed.value;
  if (typeof line !== 'string' || typeof sig !== 'string' || !Array.isArray(d)) return null;
  if (!d.every((item) => typeof item === 'string')) return null;
  // Intake checks copies against the line, and refuses what does not fit.
  const wire = { line, sig, d: d as readonly string[] };
  return isJsonObject(copies) ? { ...wire, copies: copies as unknown as NonNullable<WireEvent['copies']> } : wire;
};

const notAnExport = (dir: string, why: string): Failure =>
  failure(
    'NotAnExport', `${dir} is no export of Breakwater: ${why}.`, 'Nothing was changed.',
    'Name the folder that breakwater export --all wrote. A folder without index.json is unfinished.',
  ); // prettier-ignore

const readIndex = (dir: string): Result<JsonObject, Failure> => {
  let text: string;
  try {
    text = readFileSync(join(dir, 'index.json'), 'utf8');
  } catch (thrown) {
    return err(notAnExport(dir, thrownText(thrown)));
  }
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return err(notAnExport(dir, 'its index.json is not JSON'));
  const { format } = parsed.value;
  if (!isJsonObject(format) || format['name'] !== openFormat.name)
    return err(notAnExport(dir, 'index.json says something else'));
  if (format['version'] !== openFormat.version)
    return err(
      notAnExport(dir, `it has format ${JSON.stringify(format['version'])}, this version reads ${openFormat.version}`),
    );
  return ok(parsed.value);
};

type LogIndex = { readonly log: LogId; readonly devices: readonly string[]; readonly projection: string };

const list = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];

/** Paths are made from checked ids, never taken from the index. The organisation comes first. */
const logsOf = (index: JsonObject): readonly LogIndex[] =>
  list(index['logs'])
    .flatMap(({ log, streams, projection }) =>
      isLogId(log)
        ? [
            {
              log,
              projection: typeof projection === 'string' ? projection : '',
              devices: list(streams)
                .map(({ dev }) => dev)
                .filter(isDeviceId),
            },
          ]
        : [],
    )
    .sort((a, b) => Number(isOrgLog(b.log)) - Number(isOrgLog(a.log)));

/**
 * Import into a profile that is empty. An Err means that nothing could be read; what could be read but does not hold is in
 * `problems`, and kept apart in the profile as anything from a share would be.
 */
export const importAll = async (deps: ImportDeps, dir: string): Promise<Result<ImportDone, Failure>> => {
  const index = readIndex(dir);
  if (!index.ok) return index;
  const problems: ImportProblem[] = [];
  const logs = logsOf(index.value);
  let events = 0;
  const wrong = (where: string, says: string): void => {
    if (problems.length < 200) problems.push({ where: printable(where), says: printable(says) });
  };
  const take = (held: readonly WireEvent[]): Result<null, Failure> =>
    deps.store.transaction((db) => {
      const report = deps.log.intake(db, held, `import ${dir}`);
      events += report.applied;
      for (const { tag, reason, dev, seq } of report.quarantined)
        wrong(`${dev ?? 'log'} event ${seq ?? '?'}`, `${tag}: ${reason}`);
      return ok(null);
    });
  const takeFile = (path: string, header: boolean): Result<null, Failure> => {
    if (!existsSync(join(dir, path))) {
      wrong(path, 'The file is missing.');
      return ok(null);
    }
    let held: WireEvent[] = [];
    let number = 0;
    for (const text of linesIn(join(dir, path))) {
      number += 1;
      if (header && number === 1) continue;
      const wire = wireOf(text);
      if (wire === null) wrong(`${path} line ${number}`, 'It is no event.');
      else held.push(wire);
      if (held.length < batch) continue;
      const taken = take(held);
      if (!taken.ok) return taken;
      held = [];
    }
    return held.length === 0 ? ok(null) : take(held);
  };
  // Files first: an event never names a file that is still to come.
  const blobs = await takeBlobs(deps, dir, list(index.value['blobs']), wrong);
  if (!blobs.ok) return blobs;
  for (const { log, devices } of logs) {
    for (const dev of devices) {
      const taken = takeFile(`logs/${logFolder(log)}/${dev}.jsonl`, true);
      if (!taken.ok) return taken;
    }
  }
  if (existsSync(join(dir, 'waiting.jsonl'))) {
    const taken = takeFile('waiting.jsonl', false);
    if (!taken.ok) return taken;
  }
  for (const { log, projection } of logs) {
    if (deps.log.projectionDigest(deps.store.read, log) !== projection)
      wrong(log, 'It did not come out equal to the exported one.');
  }
  return ok({ logs: logs.length, events, blobs: blobs.value, problems });
};

const takeBlobs = async (
  { blobs }: ImportDeps,
  dir: string,
  listed: readonly JsonObject[],
  wrong: (where: string, says: string) => void,
): Promise<Result<number, Failure>> => {
  let count = 0;
  for (const { sha256 } of listed) {
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) continue;
    const path = join(dir, 'blobs', sha256.slice(0, 2), sha256);
    if (!existsSync(path)) {
      wrong(`blobs/${sha256}`, 'The file is missing.');
      continue;
    }
    const kept = await blobs.put(createReadStream(path) as AsyncIterable<Uint8Array>, 'application/octet-stream');
    if (!kept.ok) return kept;
    if (kept.value.sha256 === sha256) count += 1;
    else wrong(`blobs/${sha256}`, 'Its bytes do not have this digest.');
  }
  return ok(count);
};
