import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, ok } from '../../../shared/base/result.ts';
import { regionName } from '../../../shared/domain/residency.ts';
import type { HandlersOf } from '../handlers.ts';
import type { Parts } from '../parts.ts';
import type { ResidencyPart } from '../residency.ts';
import { given, write } from '../write.ts';

/** Rules of the organisation about where facts may lie. `look`: the workspaces are looked at again at once. */
export const residencyCalls = (
  parts: Parts,
  residency: ResidencyPart,
  look: () => void,
): HandlersOf<'residency.list' | 'residency.set'> => ({
  'residency.list': () => ok({ rows: residency.rows() }),
  'residency.set': ({ region, allowed, reason }) => {
    const name = regionName(region);
    if (name === null) return err(noRegion(region));
    const { org } = parts.who();
    const written = write(parts, org, (db) =>
      ok([
        {
          type: 'residency.set',
          fields: { region: name, allowed: allowed ? 'yes' : 'no', ...given({ reason }) },
          over: parts.views.registerHeads(db, org, name, 'residency'),
        },
      ]),
    );
    if (written.ok) look();
    return written;
  },
});

const noRegion = (text: string): Failure =>
  failure(
    'NoRegion',
    `"${text.slice(0, 80)}" is no region.`,
    'Nothing was changed.',
    'Write it as the metastore does: the cloud, a colon, the region; for example azure:westeurope.',
  );
