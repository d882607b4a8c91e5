import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { Share } from '../../sync/port.ts';
import type { ShareStatus, Sync } from '../../sync/engine.ts';
import { plain } from '../connection-slot.ts';
import type { HandlersOf } from '../handlers.ts';
import { joinOrganisation } from '../identity.ts';
import type { Parts } from '../parts.ts';
import { namesOf } from '../people.ts';

type ShareCalls = 'share.setup' | 'share.join' | 'share.sync';
type ShareState = CallOutput<'share.setup'>;

/** Places where logs meet. Setting one up makes its tables or folder; joining one makes this profile ask to be let in. */
export const shareCalls = (
  parts: Parts,
  sync: Pick<Sync, 'addShare' | 'joinShare' | 'shares' | 'syncNow' | 'nudge'>,
  /** A tool has no loop that keeps a workspace connected: its shares ask for one. */
  connect: () => Promise<unknown>,
  /** Tell the others what this device used of the day's limit; true = that is to be sent. */
  report: () => boolean,
): HandlersOf<ShareCalls> => {
  const { views, context, profile } = parts;

  const stateOf = (share: Share): Result<ShareState, Failure> => {
    const state = sync.shares().find(({ id }) => id === share.id);
    return state === undefined ? err(shareGone) : ok(shareView(state));
  };

  return {
    'share.setup': async ({ kind, place }) => {
      if (kind === 'delta') await connect();
      const added = await sync.addShare(kind, place, parts.who().org);
      if (!added.ok) return added;
      await sync.syncNow(undefined, added.value.id);
      return stateOf(added.value);
    },
    'share.join': async ({ kind, place }) => {
      if (kind === 'delta') await connect();
      const joined = await sync.joinShare(kind, place);
      if (!joined.ok) return joined;
      // First what is there (the organisation as it stands), then our own introduction, then that goes out.
      await sync.syncNow(undefined, joined.value.id);
      const { org, person } = parts.who();
      const name = namesOf(profile.store.read, views, org, person).nameOf(person);
      const member = joinOrganisation(profile.store, context, views, joined.value.org, { person, name });
      if (!member.ok) return member;
      await sync.syncNow(undefined, joined.value.id);
      return stateOf(joined.value);
    },
    'share.sync': async ({ share }) => {
      if (sync.shares().some(({ id, kind }) => kind === 'delta' && (share === undefined || share === id)))
        await connect();
      const first = await sync.syncNow(undefined, share);
      // A tool has no later turn in which it would be told.
      const second = report() ? await sync.syncNow(undefined, share) : null;
      return ok({
        pushed: first.pushed + (second?.pushed ?? 0),
        pulled: first.pulled + (second?.pulled ?? 0),
        shares: (second ?? first).shares.map(shareView),
      });
    },
  };
};

export const shareView = (share: ShareStatus): ShareState => ({
  id: share.id,
  kind: share.kind,
  place: share.place,
  state: share.state,
  lastSyncAt: share.lastSyncAt,
  onlyHere: share.onlyHere,
  failure: share.failure === null ? null : plain(share.failure),
});

const shareGone: Failure = failure(
  'ShareGone',
  'The share was removed while it was being set up.',
  'Everything you write is saved on this device.',
  'Set it up again.',
);
