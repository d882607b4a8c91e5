import { failure } from '../../shared/base/failure.ts';
import type { ResidencyRow } from '../../shared/contract/share.ts';
import { residencyOf, type ResidencyRule } from '../../shared/domain/residency.ts';
import type { DatabricksFailure } from '../databricks/port.ts';
import type { ResidencyView } from '../log/views-port.ts';
import type { ConnectionPart } from './connection.ts';
import type { Parts } from './parts.ts';
import { namesOf } from './people.ts';

/** Rules about where facts may lie, as this device knows them, and what follows for a workspace. */
export type ResidencyPart = {
  /** Why facts of a region may not be stored here; null = they may. Asked before anything is read of it. */
  readonly refuses: (region: string | null) => DatabricksFailure | null;
  readonly rows: () => ResidencyRow[];
  /** Regions of which nothing may lie here, by name; empty = everything may. */
  readonly forbidden: () => readonly string[];
};

export const residencyPart = (parts: Parts, connection: Pick<ConnectionPart, 'known' | 'slots'>): ResidencyPart => {
  const { views, profile, who } = parts;
  const db = profile.store.read;
  const names = () => namesOf(db, views, who().org, who().person);
  const ruled = (): readonly ResidencyView[] => views.residency(db, who().org);
  const said = ({ allowed }: ResidencyView): readonly ('yes' | 'no')[] =>
    allowed.conflict.length > 0
      ? allowed.conflict.flatMap(({ value }) => (value === null ? [] : [value]))
      : allowed.value === null
        ? []
        : [allowed.value];
  const rules = (): readonly ResidencyRule[] =>
    ruled().map((view) => ({
      region: view.region,
      said: said(view),
      reason: view.reason,
      by: view.allowed.head === null ? 'somebody' : names().nameOf(view.allowed.head.by.actor),
    }));

  return {
    refuses: (region) => {
      const found = residencyOf(rules(), region);
      if (found.allowed) return null;
      return found.rule === null ? regionUnknown : forbidden(found.rule);
    },
    forbidden: () =>
      ruled()
        .filter((view) => said(view).includes('no'))
        .map(({ region }) => region)
        .sort(),
    rows: () => {
      const all = ruled();
      const known = connection.known();
      const present = new Set(connection.slots().map(({ id }) => id));
      const regions = new Set([...all.map(({ region }) => region), ...known.flatMap(({ region }) => region ?? [])]);
      return [...regions].sort().map((region): ResidencyRow => {
        const view = all.find((one) => one.region === region);
        const values = view === undefined ? [] : said(view);
        const head = view?.allowed.head ?? null;
        return {
          region,
          allowed: values.length === 0 ? null : !values.includes('no'),
          contested: new Set(values).size > 1,
          reason: view?.reason ?? null,
          by: head === null ? null : names().person(head.by),
          at: head?.at ?? null,
          workspaces: known.flatMap((one) => (one.region === region && present.has(one.id) ? [one.name] : [])),
        };
      });
    },
  };
};

const safe =
  'Nothing of it was read, and what was cached of it is gone from this device; rooms and what is cited in them stay.';

const forbidden = ({ region, reason, by }: ResidencyRule): DatabricksFailure =>
  failure(
    'Forbidden',
    `Facts of the region ${region} may not be stored on this device${reason === null ? '' : `: ${reason}`}. ${by} set this rule.`,
    safe,
    'Ask a data protection officer or an administrator of your organisation; the rule is under Settings, Residency.',
    'RESIDENCY',
  );
const regionUnknown: DatabricksFailure = failure(
  'Forbidden',
  'This workspace does not say in which region it lies, and your organisation forbids facts of some regions.',
  safe,
  'Ask for the right to read the metastore’s summary, or work with this workspace where no region is forbidden.',
  'RESIDENCY',
);
