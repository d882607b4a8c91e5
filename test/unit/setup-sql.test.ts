import { Dialect, parse } from '@polyglot-sql/sdk';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { command } from '../../main/cli/setup.ts';
import { namedSources, setupFor, setupSql } from '../../main/core/setup-sql.ts';
import { isPrincipal, quotePrincipal } from '../../main/databricks/grants.ts';
import { checkedSources } from '../../main/lake/sources.ts';
import { parseStatement } from '../../main/practice/duck/statements.ts';
import type { LogId } from '../../shared/domain/ids.ts';

const org = 'org-1' as LogId;
const random = (length: number): Uint8Array => new Uint8Array(length).fill(7);
const made = (principal: string, share?: string): string => {
  const answer = setupFor({ principal, share }, org, random);
  if (!answer.ok) throw new Error(answer.error.what);
  return answer.value.sql;
};
/** Statements of a text without its comments; `undo`: those of its end, taken out of their comments. */
const statements = (sql: string, undo = false): readonly string[] => {
  const [forward = '', back = ''] = sql.split('-- Undo, in reverse.');
  const lines = undo
    ? back.split('\n').map((line) => line.replace(/^-- /, ''))
    : forward.split('\n').filter((line) => !line.startsWith('--'));
  const isOne = (text: string): boolean => /^(?:GRANT|REVOKE|CREATE|INSERT|DROP)\b/.test(text);
  // Of the undo each line is a statement or words; before it statements may take several lines.
  const all = undo ? lines : lines.join('\n').split(/;\n/);
  return all.map((one) => one.trim().replace(/;$/, '')).filter(isOne);
};
/** The parser knows no securable but TABLE and no clustering: DDL goes through the practice lakehouse's own. */
const parses = (statement: string): boolean =>
  parseStatement(statement)?.kind.startsWith('create-') === true ||
  parse(statement.replace(/^((?:GRANT|REVOKE) [A-Z ,]+ ON) (?:CATALOG|SCHEMA) /, '$1 TABLE '), Dialect.Databricks)
    .success;
const hostile = [
  "o'brien & `sons`",
  'a;DROP TABLE x;--',
  'группа データ',
  'x`; GRANT ALL PRIVILEGES ON METASTORE TO `y',
  '--',
  'a.b',
];

describe('SQL for an administrator', () => {
  it('every statement parses, whoever gets the rights, and quotes the name', () => {
    for (const principal of hostile) {
      const sql = made(principal, 'main.war_room');
      const [forward, back] = [statements(sql), statements(sql, true)];
      expect(forward.length).toBeGreaterThan(checkedSources.filter((one) => one.table !== null).length);
      for (const one of [...forward, ...back]) expect(parses(one), one).toBe(true);
      for (const one of forward.filter((text) => text.startsWith('GRANT')))
        expect(one.endsWith(` TO ${quotePrincipal(principal)}`), one).toBe(true);
      // No statement more than with a plain name: nothing got out of its quotes.
      expect(forward).toHaveLength(statements(made('group', 'main.war_room')).length);
    }
  });

  it('any name that is taken stays inside its quotes; others are refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (name) => {
        if (!isPrincipal(name)) return;
        const inside = quotePrincipal(name).slice(1, -1);
        expect(inside.replaceAll('``', '')).not.toContain('`');
        expect(inside.replaceAll('``', '`')).toBe(name);
      }),
    );
    for (const bad of ['', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(256)])
      expect(setupFor({ principal: bad }, org, random).ok).toBe(false);
    expect(setupFor({ principal: 'g', share: "main.war'room" }, org, random).ok).toBe(false);
  });

  it('takes back all that it gives, in reverse, and can be run again', () => {
    const sql = made('analysts', 'main.war_room');
    const given = statements(sql).filter((one) => one.startsWith('GRANT') && !one.includes('`war_room`.'));
    expect(sql).toContain(
      '-- A right that the principal had before this file was run is taken back as well: leave such a line out.',
    );
    const taken = statements(sql, true).filter((one) => one.startsWith('REVOKE'));
    const asGrant = (one: string): string => one.replace('REVOKE', 'GRANT').replace(' FROM ', ' TO ');
    expect([...taken].reverse().map(asGrant)).toEqual(
      expect.arrayContaining(given.filter((one) => !one.includes('`main`'))),
    );
    expect(taken.filter((one) => !one.includes('`main`')).map(asGrant).reverse()).toEqual(given.filter((one) => !one.includes('`main`'))); // prettier-ignore
    for (const one of given.filter((text) => text.includes('`main`'))) expect(taken.map(asGrant)).toContain(one);
    for (const one of statements(sql).filter((text) => /^(?:CREATE|INSERT)/.test(text)))
      expect(one).toMatch(/IF NOT EXISTS|WHERE NOT EXISTS/);
    for (const one of statements(sql, true).filter((text) => text.startsWith('DROP')))
      expect(one).toContain('IF EXISTS');
    for (const schema of new Set(
      [...sql.matchAll(/system-schemas enable METASTORE_ID (\w+)/g)].map(([, name]) => name),
    ))
      expect(sql).toContain(`-- databricks system-schemas disable METASTORE_ID ${schema}`);
    // Whatever is commented out stays so when the file is run as it is.
    expect(statements(sql).some((one) => /^(?:REVOKE|DROP)/.test(one))).toBe(false);
  });

  it('grants each thing once, says what for, and needs nothing for information_schema', () => {
    const sql = made('analysts');
    const grants = statements(sql);
    expect(new Set(grants).size).toBe(grants.length);
    expect(sql).toContain('No share: nothing is written to Databricks.');
    expect(statements(sql).join('\n')).not.toMatch(/MODIFY|CREATE|INSERT|information_schema/);
    expect(sql).toContain('--    GRANT SELECT ON SCHEMA `system`.`information_schema` TO ');
    expect(sql).toContain('One that is on already answers "already exists"');
    const asked = checkedSources.filter(({ needs }) =>
      needs.some((need) => need.kind === 'privilege' || need.table.schema !== 'information_schema'),
    );
    expect(asked.length).toBeGreaterThan(5);
    for (const source of asked) expect(sql, source.label).toContain(source.features[0]);
    for (const one of grants) expect(parseStatement(one)?.kind, one).toBe('grant');
  });

  it('takes sources by name, label or table, and names those that it does not know', () => {
    const some = namedSources(['Job runs', 'system.lakeflow.jobs']);
    if (!('sources' in some)) throw new Error('known');
    const sql = setupSql({ principal: 'g', sources: some.sources, share: null, metastoreId: '7f3c' });
    expect(statements(sql).filter((one) => one.startsWith('GRANT SELECT'))).toHaveLength(2);
    expect(sql).toContain('databricks system-schemas enable 7f3c lakeflow');
    expect(namedSources(['Job runs', 'nothing'])).toEqual({ unknown: ['nothing'] });
  });
});

describe('breakwater setup', () => {
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const said = { out: '', err: '' };
    const code = await command.run({
      args,
      out: (line) => void (said.out += `${line}\n`),
      err: (line) => void (said.err += `${line}\n`),
      signal: new AbortController().signal,
    });
    return { code, ...said };
  };
  it('prints, or says what it does not understand', async () => {
    const plain = await run('--print-sql', '--principal', 'analysts', '--sources', 'Job runs');
    expect(plain).toMatchObject({ code: 0, err: '' });
    expect(plain.out).toContain('GRANT SELECT ON TABLE `system`.`lakeflow`.`job_run_timeline` TO `analysts`;');
    const json = await run('--print-sql', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ ok: true, sql: expect.stringContaining('`account users`') });
    for (const wrong of [
      [],
      ['--print-sql', '--principal', 'a\nb'],
      ['--print-sql', '--share', 'one'],
      ['--print-sql', '--sources', 'nothing'],
    ])
      expect((await run(...wrong)).code, wrong.join(' ')).toBe(2);
  });
});
