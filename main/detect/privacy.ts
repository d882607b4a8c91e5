import type { AssetId } from '../../shared/domain/ids.ts';
import { signalIdOf, type Sha256Hex } from '../../shared/domain/signal-id.ts';
import type { LakeFact } from '../lake/port.ts';
import { said } from '../lake/values.ts';
import type { Signal } from './port.ts';

/** Rules about personal data. Ids never change (see `monitors` in detectors.ts). */
export const privacyMonitors = { openGrant: 'open-grant', personalFlow: 'personal-flow' } as const;

/** Groups that everybody is in: all users of the account, and of a workspace. */
const everyone: ReadonlySet<string> = new Set(['account users', 'users']);
/** Privileges with which the rows of a table can be read (facts 3.6 spells them with underscores, SQL with spaces). */
const reading: ReadonlySet<string> = new Set(['SELECT', 'ALL PRIVILEGES']);
/** Tables of one change of rights that become signals; the rest is counted. */
const mostTables = 20;

/** No verdict about a moment up to which the source was not complete. */
const isComplete = (fact: LakeFact): boolean => fact.completeTo === null || fact.happenedAt <= fact.completeTo;

const signalOf = (
  fact: LakeFact,
  made: Pick<Signal, 'monitor' | 'asset' | 'windowKey' | 'title' | 'why' | 'data'>,
  sha256Hex: Sha256Hex,
): Signal => ({
  id: signalIdOf(
    { workspaceId: fact.workspace, monitorId: made.monitor, assetId: made.asset, windowKey: made.windowKey },
    sha256Hex,
  ),
  ...made,
  startedAt: fact.happenedAt,
  observedAt: fact.observedAt,
  completeTo: fact.completeTo,
  facts: [fact.id],
});

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const privilege = (value: unknown): string => said(value).toUpperCase().replaceAll('_', ' ');

/** Who of everybody got the right to read, by which privilege; null = nobody did. */
const opened = (fact: LakeFact): { readonly who: string; readonly what: string } | null => {
  for (const one of listOf(fact.data['grants'])) {
    const { principal, add } = one as { readonly principal?: unknown; readonly add?: unknown };
    const what = listOf(add)
      .map(privilege)
      .find((name) => reading.has(name));
    if (what !== undefined && everyone.has(said(principal).toLowerCase())) return { who: said(principal), what };
  }
  return null;
};

/**
 * A right to read that everybody got on a table with columns that are tagged as personal data, or on the schema or catalog that it
 * lies in: one signal a table. Window key: id of the audit event. From the audit log and the tags of columns; a right that was
 * taken back later stays a signal, since the data lay open.
 */
const openGrants = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] =>
  facts.flatMap((fact): readonly Signal[] => {
    const right = fact.kind === 'grant-change' && isComplete(fact) ? opened(fact) : null;
    if (right === null) return [];
    const tables = listOf(fact.data['personal']).map(said);
    const more = Number(fact.data['morePersonal'] ?? 0) + Math.max(0, tables.length - mostTables);
    return tables.slice(0, mostTables).flatMap((table): Signal[] => {
      const asset = fact.assets.find((one) => one.startsWith('table|') && one.endsWith(`|${table}`));
      if (asset === undefined) return [];
      const made = {
        monitor: privacyMonitors.openGrant,
        asset,
        windowKey: fact.id.split('|').slice(2).join('|'),
        title: `Everybody may read personal data in ${table.split('.').slice(2).join('.')}`,
        why: `${fact.title}${said(fact.data['by']) === '' ? '' : ` by ${said(fact.data['by'])}`} (audit log); columns of the table are tagged as personal data.${more > 0 ? ` ${more} more tables are reached.` : ''}`,
        data: { principal: right.who, privilege: right.what, by: said(fact.data['by']), tables: tables.length + more },
      };
      return [signalOf(fact, made, sha256Hex)];
    });
  }); // prettier-ignore

/**
 * Data of a column that is tagged as personal begins to flow into a column that is not. Window key: the two columns. From the
 * lineage and the tags of columns; taken back when the target gets such a tag.
 */
const personalFlows = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] =>
  facts.flatMap((fact): readonly Signal[] => {
    const { what, tagged, table, column, fromTable, fromColumn, tag } = fact.data;
    const asset = fact.assets.find((one): one is AssetId => one.startsWith('table|'));
    if (fact.kind !== 'schema-change' || what !== 'personal-flow' || tagged === true || asset === undefined) return [];
    const short = (name: unknown): string => said(name).split('.').slice(2).join('.');
    const made = {
      monitor: privacyMonitors.personalFlow,
      asset,
      windowKey: `${said(fromTable)}.${said(fromColumn)}>${said(column)}`,
      title: `Personal data in ${short(table)}: ${said(column)} is made from ${said(fromColumn)} of ${short(fromTable)}`,
      why: `${said(fromColumn)} is tagged ${said(tag)}, ${said(column)} has no such tag; lineage of columns shows this flow for the first time.`,
      data: { column: said(column), from: `${said(fromTable)}.${said(fromColumn)}`, tag: said(tag) },
    };
    return [signalOf(fact, made, sha256Hex)];
  });

/** All signals of these rules; pure, whatever the order of the facts. */
export const privacySignals = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] => [
  ...openGrants(facts, sha256Hex),
  ...personalFlows(facts, sha256Hex),
];
