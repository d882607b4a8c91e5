import { notObserved, told } from '../answered.ts';
import type { Check } from '../check.ts';
import { ask, rowsOf, seenOf, type Parameters, type Stage } from '../stage.ts';
import { batchOf, oneTo } from './events-table.ts';

const mebi = 1024 * 1024;
/** A push carries 4 MiB at most (sync/round.ts), and one event that is larger alone. */
const needed = 4;

/** Goes up in size until something is refused; answers the largest that worked and how the next one was refused. */
const climb = async (
  sizes: readonly number[],
  works: (size: number) => Promise<unknown>,
): Promise<{ readonly largest: number; readonly refused: unknown }> => {
  let largest = 0;
  for (const size of sizes) {
    const refused = await works(size);
    if (refused !== null) return { largest, refused: { size, by: refused } };
    largest = size;
  }
  return { largest, refused: null };
};

const asked = async (stage: Stage, text: string, wanted: string, parameters?: Parameters): Promise<unknown> => {
  const answer = await ask(stage.workspace, text, parameters);
  if (!answer.ok) return { ...seenOf(answer), tag: answer.error.tag, code: answer.error.code ?? '' };
  return answer.value.rows[0]?.['n'] === wanted ? null : 'another value came back';
};

/** Sizes that only a warehouse is asked for: nobody relies on them, and the other engines would say nothing about it. */
const upTo = (stage: Stage, sizes: readonly number[], last: number): readonly number[] =>
  stage.engine === 'workspace' ? sizes : sizes.filter((one) => one <= last);

const parameterSize = async (stage: Stage): Promise<unknown> => {
  const found = await climb(upTo(stage, [1, needed, 16, 64], needed), (size) =>
    asked(stage, 'SELECT length(:p) AS n', String(size * mebi), { p: 'x'.repeat(size * mebi) }),
  );
  return told({ mebibytes: found }, found.largest >= needed);
};

const parameterCount = async (stage: Stage): Promise<unknown> => {
  const found = await climb(upTo(stage, [10, 100, 255, 1_000, 10_000], 100), (count) => {
    const names = oneTo(count).map((one) => `p${one}`);
    return asked(
      stage,
      `SELECT length(concat(${names.map((one) => `:${one}`).join(', ')})) AS n`,
      String(count),
      Object.fromEntries(names.map((one) => [one, 'x'])),
    );
  });
  return told({ parameters: found }, found.largest >= 10);
};

const statementSize = async (stage: Stage): Promise<unknown> => {
  const found = await climb(upTo(stage, [0.125, 1, 4, 16, 64], 0.125), (size) =>
    asked(stage, `SELECT length('${'x'.repeat(size * mebi)}') AS n`, String(size * mebi)),
  );
  return told({ mebibytes: found }, found.largest > 0);
};

/** What it costs to take a batch of 1,000 events apart, beside only sending it: small events, and as many bytes as fit. */
const fromJson = async (stage: Stage): Promise<unknown> => {
  const { now } = stage.deps.clock;
  const measured = [];
  const counts = new Set<string>();
  for (const bytes of [300, 3_500]) {
    const batch = { batch: batchOf(oneTo(1_000), 'x'.repeat(bytes)) };
    const began = now();
    await rowsOf(stage, 'SELECT length(:batch) AS n', batch);
    const sent = now();
    const [row] = await rowsOf(
      stage,
      "SELECT count(*) AS n, sum(length(s.line)) AS l FROM (SELECT explode(from_json(:batch, 'array<struct<log_id:string,device_id:string,seq:bigint,hash:string,line:string,disclosures:string,sig:string,batch_id:string>>')) AS s) AS t",
      batch,
    );
    const ended = now();
    counts.add(`${row?.['n'] ?? '?'} with ${Number(row?.['l']) === bytes * 1_000 ? 'every byte' : 'others'}`);
    measured.push({ events: 1_000, bytesEach: bytes, sendingMs: sent - began, takingApartMs: ended - sent });
  }
  return told(measured, [...counts]);
};

/** Forty small questions at once: each is answered, or refused as one too many, which waits and asks again; nothing else may come. */
const rate = async (stage: Stage): Promise<unknown> => {
  const path = '/api/2.0/preview/scim/v2/Me';
  const answers = await Promise.all(oneTo(40).map(() => stage.workspace.rest.call({ method: 'GET', path })));
  const refused = answers.flatMap((one) => (one.ok ? [] : [one.error.tag]));
  const otherwise = refused.filter((one) => one !== 'RateLimited');
  if (otherwise.length === answers.length) return notObserved(`nothing was answered: ${otherwise[0] ?? ''}`);
  return told({ asked: answers.length, tooMany: refused.length - otherwise.length }, otherwise);
};

export const limitChecks: readonly Check[] = [
  {
    id: 'limits.parameter-size',
    about: 'how long one parameter may be; a push of 4 MiB fits',
    observe: parameterSize,
    expected: true,
  },
  { id: 'limits.parameter-count', about: 'how many parameters a statement may have', observe: parameterCount, expected: true },
  { id: 'limits.statement-size', about: 'how long the text of a statement may be', observe: statementSize, expected: true },
  {
    id: 'limits.from-json',
    about: 'from_json of 1,000 events: every event and every byte; what it costs',
    observe: fromJson,
    expected: ['1000 with every byte'],
  },
  {
    id: 'limits.rate',
    about: 'how a workspace says that it is asked too often, if it does: 40 small questions to REST at once',
    lacking: { spark: 'has no REST of its own' },
    observe: rate,
    expected: [],
  },
]; // prettier-ignore
