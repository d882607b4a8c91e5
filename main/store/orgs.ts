import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** Tables `org_*`: judged authority of an organisation's log (shared/domain/reduce-org.ts makes it). */
export type BindingRow = {
  readonly dev: string;
  readonly person: string;
  readonly how: string;
  readonly hash: string;
};
export type GrantRow = {
  readonly hash: string;
  readonly person: string;
  readonly role: string;
  readonly expires_at: string | null;
  readonly hlc: string;
  readonly reason: string | null;
  readonly revoked: number;
};
export type GrantEndRow = {
  readonly grant_hash: string;
  readonly dev: string;
  readonly seq: number;
  readonly hash: string;
};
export type CutRow = { readonly dev: string; readonly log: string; readonly seq: number; readonly hash: string };
export type EffectRow = { readonly hash: string; readonly reason: string | null };

export const bindingsOf = (db: ReadableDb, org: string): readonly BindingRow[] =>
  db.all<BindingRow>(sql`SELECT dev, person, how, hash FROM org_binding WHERE org = ${org} ORDER BY dev, person`);

export const grantsOf = (db: ReadableDb, org: string): readonly GrantRow[] =>
  db.all<GrantRow>(
    sql`SELECT hash, person, role, expires_at, hlc, reason, revoked FROM org_grant WHERE org = ${org} ORDER BY hlc, hash`,
  );

export const grantByHash = (db: ReadableDb, org: string, hash: string): GrantRow | undefined =>
  db.first<GrantRow>(
    sql`SELECT hash, person, role, expires_at, hlc, reason, revoked FROM org_grant WHERE org = ${org} AND hash = ${hash}`,
  );

/** Effective grants of a person that nobody revoked, newest first. */
export const standingGrants = (db: ReadableDb, org: string, person: string): readonly GrantRow[] =>
  db.all<GrantRow>(
    sql`SELECT hash, person, role, expires_at, hlc, reason, revoked FROM org_grant
        WHERE org = ${org} AND person = ${person} AND reason IS NULL AND revoked = 0 ORDER BY hlc DESC, hash`,
  );

export const grantEnds = (db: ReadableDb, org: string): readonly GrantEndRow[] =>
  db.all<GrantEndRow>(
    sql`SELECT grant_hash, dev, seq, hash FROM org_grant_end WHERE org = ${org} ORDER BY grant_hash, hash`,
  );

export const endsOfGrant = (db: ReadableDb, org: string, grant: string): readonly GrantEndRow[] =>
  db.all<GrantEndRow>(
    sql`SELECT grant_hash, dev, seq, hash FROM org_grant_end WHERE org = ${org} AND grant_hash = ${grant}`,
  );

export const cutsOf = (db: ReadableDb, org: string): readonly CutRow[] =>
  db.all<CutRow>(sql`SELECT dev, log, seq, hash FROM org_cut WHERE org = ${org} ORDER BY dev, log, hash`);

export const effectOf = (db: ReadableDb, org: string, hash: string): EffectRow | undefined =>
  db.first<EffectRow>(sql`SELECT hash, reason FROM org_effect WHERE org = ${org} AND hash = ${hash}`);

export const effectsOf = (db: ReadableDb, org: string): readonly EffectRow[] =>
  db.all<EffectRow>(sql`SELECT hash, reason FROM org_effect WHERE org = ${org} ORDER BY hash`);

export type OrgTables = {
  readonly effects: readonly EffectRow[];
  readonly bindings: readonly BindingRow[];
  readonly grants: readonly GrantRow[];
  readonly ends: readonly GrantEndRow[];
  readonly cuts: readonly CutRow[];
};

/** Replace what is known of an organisation's authority. */
export const putOrg = (db: WritableDb, org: string, tables: OrgTables): void => {
  db.run(sql`DELETE FROM org_effect WHERE org = ${org}`);
  db.run(sql`DELETE FROM org_binding WHERE org = ${org}`);
  db.run(sql`DELETE FROM org_grant WHERE org = ${org}`);
  db.run(sql`DELETE FROM org_grant_end WHERE org = ${org}`);
  db.run(sql`DELETE FROM org_cut WHERE org = ${org}`);
  for (const { hash, reason } of tables.effects) {
    db.run(sql`INSERT INTO org_effect (org, hash, reason) VALUES (${org}, ${hash}, ${reason})`);
  }
  for (const { dev, person, how, hash } of tables.bindings) {
    db.run(
      sql`INSERT INTO org_binding (org, dev, person, how, hash) VALUES (${org}, ${dev}, ${person}, ${how}, ${hash})
          ON CONFLICT DO NOTHING`,
    );
  }
  for (const grant of tables.grants) {
    db.run(
      sql`INSERT INTO org_grant (org, hash, person, role, expires_at, hlc, reason, revoked)
          VALUES (${org}, ${grant.hash}, ${grant.person}, ${grant.role}, ${grant.expires_at}, ${grant.hlc}, ${grant.reason},
                  ${grant.revoked})`,
    );
  }
  for (const { grant_hash, dev, seq, hash } of tables.ends) {
    db.run(
      sql`INSERT INTO org_grant_end (org, grant_hash, dev, seq, hash) VALUES (${org}, ${grant_hash}, ${dev}, ${seq}, ${hash})`,
    );
  }
  for (const { dev, log, seq, hash } of tables.cuts) {
    db.run(sql`INSERT INTO org_cut (org, dev, log, seq, hash) VALUES (${org}, ${dev}, ${log}, ${seq}, ${hash})
               ON CONFLICT DO NOTHING`);
  }
};
