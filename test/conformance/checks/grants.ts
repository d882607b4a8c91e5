import { randomBytes } from 'node:crypto';
import { setupSql } from '../../../main/core/setup-sql.ts';
import { quotePrincipal } from '../../../main/databricks/grants.ts';
import { checkedSources } from '../../../main/lake/sources.ts';
import { shareSqlFor } from '../../../main/sync/delta.ts';
import type { ShareSql } from '../../../main/sync/delta-sql.ts';
import { orgNamed } from '../../sync/support/lines.ts';
import { notObserved } from '../answered.ts';
import type { Check } from '../check.ts';
import { ask, rowsOf, see, seenOf, type Stage } from '../stage.ts';

/** A group as nobody would name one, where no group has to be there. */
const oddGroup = 'team `ops` & o\'brien; "x" -- ☃';

/** The printed text of a share, for `principal`. */
const printedShare = (place: string, principal: string): ShareSql => {
  const printed = shareSqlFor(place, orgNamed('conformance'), randomBytes, principal);
  if (!printed.ok) throw new Error(printed.error.what);
  return printed.value;
};

const bare = (line: string): string => line.replace(/;$/, '');

/** The grants that are printed for a share, without that on the catalog: it holds more than the run. They must work. */
export const grantShare = async (stage: Stage, place: string, principal: string): Promise<void> => {
  for (const line of printedShare(place, principal).grants)
    if (line.startsWith('GRANT') && !/ ON CATALOG /.test(line)) await rowsOf(stage, bare(line));
};

/** Every statement of a text, one after the other; the refused ones, with how. */
const runText = async (stage: Stage, lines: readonly string[]): Promise<readonly unknown[]> => {
  const refused: unknown[] = [];
  for (const line of lines.filter((one) => /^(?:GRANT|REVOKE|CREATE|INSERT|DROP)\b/.test(one))) {
    const answer = await ask(stage.workspace, bare(line));
    if (!answer.ok) refused.push({ line, ...seenOf(answer) });
  }
  return refused;
};

/** What was granted on something to somebody, as the engine tells it. */
const held = async (stage: Stage, on: string, principal: string): Promise<readonly string[]> => {
  const kind = on.slice(0, on.indexOf(' '));
  return (await rowsOf(stage, `SHOW GRANTS ON ${on}`))
    .filter((row) => row['Principal'] === principal && row['ObjectType'] === kind)
    .map((row) => row['ActionType'] ?? '')
    .sort();
};

/** To whom rights may be given: a group that need not be there, or the second user of a real workspace. */
const principalOf = async (stage: Stage): Promise<string | null> => {
  if (stage.engine !== 'workspace') return oddGroup;
  const who = await stage.other()?.identity();
  return who?.ok === true ? who.value.user : null;
};

/** The text of `setup --print-sql --share` and of `share init --print-sql`, run twice, then its undo, as an administrator would. */
const share = async (stage: Stage): Promise<unknown> => {
  const principal = await principalOf(stage);
  if (principal === null)
    return notObserved('no second principal to give rights to: BREAKWATER_CONFORMANCE_OTHER_TOKEN names none');
  const place = `${stage.catalog}.${stage.schema}_printed`;
  const printed = printedShare(place, principal);
  const catalog = `CATALOG ${stage.catalog}`;
  // Who holds it already would lose it by the undo.
  const kept = (await held(stage, catalog, principal)).length > 0;
  const lines = (all: readonly string[]): readonly string[] =>
    all.filter((line) => !kept || !/ ON CATALOG /.test(line));
  const whole = lines([...printed.make, ...printed.grants]);
  const first = await runText(stage, whole);
  const again = await runText(stage, whole);
  const schema = `SCHEMA ${place}`;
  const given: Record<string, unknown> = {};
  for (const table of ['events', 'segments', 'meta'])
    given[table] = await held(stage, `TABLE ${place}.${table}`, principal);
  given['schema'] = await held(stage, schema, principal);
  given['catalog'] = await held(stage, catalog, principal);
  const meta = await see(stage, `SELECT count(*) AS n FROM ${place}.meta`);
  const undone = await runText(stage, lines(printed.undo));
  return {
    refused: [...first, ...again, ...undone],
    given,
    meta,
    after: {
      schema: await held(stage, schema, principal),
      catalog: kept ? [] : await held(stage, catalog, principal),
      events: await see(stage, `SELECT count(*) AS n FROM ${place}.events`),
    },
  };
};

/** The text of `setup --print-sql` for every source, then its undo; each table that it names is there. */
const sources = async (stage: Stage): Promise<unknown> => {
  const text = setupSql({ principal: oddGroup, sources: checkedSources, share: null, metastoreId: 'm' });
  const [forward = '', back = ''] = text.split('-- Undo, in reverse.');
  const lines = forward.split('\n');
  const to = quotePrincipal(oddGroup);
  const targets = lines.flatMap((line) => {
    const [, privilege = '', on = ''] = /^GRANT ([A-Z ]+) ON (.+) TO /.exec(line.replace(` TO ${to}`, ' TO ')) ?? [];
    return privilege === '' ? [] : [{ privilege, on }];
  });
  const granted = await runText(stage, lines);
  const wrong: unknown[] = [];
  for (const { privilege, on } of targets) {
    if (!(await held(stage, on, oddGroup)).includes(privilege)) wrong.push(`${privilege} on ${on} is not held`);
    if (!on.startsWith('TABLE ')) continue;
    const read = await see(stage, `SELECT count(*) AS n FROM ${on.slice('TABLE '.length)}`);
    if (!('rows' in read)) wrong.push({ on, ...read });
  }
  const undone = await runText(
    stage,
    back.split('\n').map((line) => line.replace(/^-- /, '')),
  );
  for (const { on } of targets) if ((await held(stage, on, oddGroup)).length > 0) wrong.push(`${on} is still held`);
  return { refused: [...granted, ...undone], wrong, some: targets.length > 20 };
};

const noGrants = 'has no GRANT; rights are what Unity Catalog adds';
const readAndWrite = ['MODIFY', 'SELECT'];

export const grantChecks: readonly Check[] = [
  {
    id: 'grants.share',
    about:
      'the printed SQL of a share as it is printed: runs, runs again, gives what it says, and its undo takes it all back',
    lacking: { spark: noGrants },
    observe: share,
    expected: {
      refused: [],
      given: {
        events: readAndWrite,
        segments: readAndWrite,
        meta: readAndWrite,
        schema: ['USE SCHEMA'],
        catalog: ['USE CATALOG'],
      },
      meta: { rows: [['2']] },
      after: {
        schema: [],
        catalog: [],
        events: { errorClass: 'TABLE_OR_VIEW_NOT_FOUND', sqlState: '42P01' },
      },
    },
  },
  {
    id: 'grants.sources',
    about:
      'the printed grants for every source and their undo: each runs, is held, is taken back, and names a table that is there',
    lacking: {
      spark: noGrants,
      workspace:
        'system tables belong to the whole account: a run changes no right on them; rights.* and grants.share run the same texts on tables of the run',
    },
    observe: sources,
    expected: { refused: [], wrong: [], some: true },
  },
];
