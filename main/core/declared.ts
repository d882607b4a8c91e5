import type { Lineage } from '../../shared/contract/room.ts';
import type { AssetSection } from '../../shared/contract/asset.ts';
import { declaredAsset } from '../../shared/domain/declarations.ts';
import type { AssetId, LogId } from '../../shared/domain/ids.ts';
import type { LakeEdge } from '../lake/port.ts';
import type { DeclarationView, Views } from '../log/views-port.ts';
import type { ReadableDb } from '../store/port.ts';
import { line } from './asset-lines.ts';
import { displayName } from './display.ts';
import type { Names } from './people.ts';

type Named = { readonly name: string; readonly kind: string; readonly detail: string };
/** What people declared in a room: edges for its map, names of what is outside, and the list of it. */
export type Declared = {
  readonly edges: readonly LakeEdge[];
  readonly names: ReadonlyMap<string, Named>;
  readonly list: NonNullable<Lineage['declared']>;
  readonly section: (asset: string) => AssetSection | null;
};

const standing = (one: DeclarationView): boolean => one.effect === 'full' && one.state.value !== 'withdrawn';

/** `label`: the name of an asset that the lake knows. Withdrawn declarations are left out; the timeline keeps them. */
export const declaredIn = (
  from: {
    readonly db: ReadableDb;
    readonly views: Views;
    readonly names: Names;
    readonly label: (asset: string) => string;
  },
  log: LogId,
): Declared => {
  const all = from.views.declarations(from.db, log).filter(standing);
  const names = new Map<string, Named>();
  for (const one of all)
    if (one.what === 'asset') {
      const owner = one.owner === null ? '' : `, owner ${one.owner}`;
      names.set(declaredAsset(one.id), {
        name: one.name ?? 'withheld',
        kind: 'external',
        detail: `outside Databricks${owner}`,
      });
    }
  const nameOf = (asset: string): string => displayName(names.get(asset)?.name ?? from.label(asset));
  const by = (one: DeclarationView): string => `declared by ${from.names.nameOf(one.by.actor)}`;
  const edges = all.flatMap((one): LakeEdge[] =>
    one.what === 'edge'
      ? [
          {
            from: one.from as AssetId,
            to: one.to as AssetId,
            source: by(one),
            via: null,
            firstSeen: one.at,
            lastSeen: one.at,
          },
        ]
      : [],
  );
  return {
    edges,
    names,
    list: all.map((one) => ({
      id: one.id,
      words:
        one.what === 'edge'
          ? `${nameOf(one.from)} goes into ${nameOf(one.to)}`
          : `${displayName(one.name ?? 'withheld')}, outside Databricks`,
      by: from.names.person(one.by),
      at: one.at,
    })),
    section: (asset) => {
      const mine = all.filter((one) =>
        one.what === 'edge' ? one.from === asset || one.to === asset : declaredAsset(one.id) === asset,
      );
      if (mine.length === 0) return null;
      const lines = mine.flatMap((one) =>
        one.what === 'edge'
          ? [line(`${nameOf(one.from)} goes into ${nameOf(one.to)}`, one.note ?? '', { at: one.at, chips: [by(one)] })]
          : [
              line('owner', one.owner ?? 'not named', { at: one.at, chips: [by(one)] }),
              ...(one.contact === null ? [] : [line('contact', one.contact)]),
              ...(one.note === null ? [] : [line('note', one.note)]),
            ],
      );
      return {
        id: 'declared',
        title: 'Declared by hand',
        lines,
        more: 0,
        source: 'This room',
        observedAt: null,
        completeTo: null,
        note: null,
      };
    },
  };
};
