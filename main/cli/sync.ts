import type { Failure } from '../../shared/base/failure.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/contract/calls.ts';
import type { Core } from '../core/create-core.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { withCore } from './core-here.ts';
import { plainText } from './plain-text.ts';
import { entries, explain, placeWords, printAdmission, type ShareState, type Status } from './share-words.ts';

const notReached = 3;
const noShare = 4;
/** Entries that are only here and are printed by name; the rest is counted. */
const namedEntries = 10;

export const command: Command = {
  summary: 'exchange once with every share and say what is only here',
  help: `
breakwater sync [--profile NAME] [--json]

One round with every share of the profile, one after the other: what the first brings goes on to the next. Prints for each what
went there and what came, and then what is still only on this device. Everything may be run again at any time.

  --profile NAME   the profile (default: default); it must not be open in the app, which does this by itself

Exit codes: 0 every share was reached, 1 failed before any share was asked, 2 not understood, 3 a share was not reached or
refused (each is named; the others were exchanged with), 4 this profile has no share.`,
  run: (context) => run(context),
};

type Ledger = CallOutput<'ledger.list'>;
type Exchanged = Omit<ShareState, 'failure'> & {
  readonly failure: Failure | null;
  readonly pushed: number;
  readonly pulled: number;
};
type Synced = { readonly shares: readonly Exchanged[]; readonly ledger: Ledger; readonly status: Status };

const run = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions({ profile: { type: 'string', default: 'default' } }, context.args);
  if (!parsed.ok) return printUsage(context, 'sync', parsed.problem);
  const { json, profile = 'default' } = parsed.values;
  const synced = await withCore({ profile, create: false, signal: context.signal }, exchange);
  if (!synced.ok) {
    printFailure(context, json, synced.error);
    return exits.failed;
  }
  if (json) printJson(context, synced.value);
  else print(context, synced.value);
  const { shares } = synced.value;
  if (shares.length === 0) return noShare;
  return shares.every(({ failure }) => failure === null) ? exits.ok : notReached;
};

/** Each share by itself, so that what went where can be said; then back to those that a later one brought something for. */
const exchange = async (core: Core): Promise<Result<Synced, Failure>> => {
  const before = await core.call('app.status', {});
  if (!before.ok) return before;
  const moved = new Map<string, { pushed: number; pulled: number }>();
  const round = async (share: string): Promise<Result<readonly ShareState[], Failure>> => {
    const done = await core.call('share.sync', { share });
    if (!done.ok) return done;
    const so = moved.get(share) ?? { pushed: 0, pulled: 0 };
    moved.set(share, { pushed: so.pushed + done.value.pushed, pulled: so.pulled + done.value.pulled });
    return ok(done.value.shares);
  };
  let states: readonly ShareState[] = before.value.shares;
  for (const { id } of before.value.shares) {
    const done = await round(id);
    if (!done.ok) return done;
    states = done.value;
  }
  for (const { id } of before.value.shares.slice(0, -1)) {
    const state = states.find((share) => share.id === id);
    if (state === undefined || state.onlyHere === 0 || state.failure !== null) continue;
    const done = await round(id);
    if (!done.ok) return done;
    states = done.value;
  }
  const shares = await Promise.all(
    states.map(async (share): Promise<Exchanged> => ({
      ...share,
      ...(moved.get(share.id) ?? { pushed: 0, pulled: 0 }),
      failure: share.failure === null ? null : await explain(core, share.failure),
    })),
  );
  const ledger = await core.call('ledger.list', { limit: namedEntries });
  if (!ledger.ok) return ledger;
  const status = await core.call('app.status', {});
  return status.ok ? ok({ shares, ledger: ledger.value, status: status.value }) : status;
};

const printJson = (context: CommandContext, { shares, ledger, status }: Synced): void => {
  const sum = (of: 'pushed' | 'pulled'): number => shares.reduce((total, share) => total + share[of], 0);
  const { admitted } = status.you;
  context.out(
    JSON.stringify({
      ok: shares.length > 0 && shares.every(({ failure }) => failure === null),
      pushed: sum('pushed'),
      pulled: sum('pulled'),
      shares,
      onlyHere: ledger.total,
      admitted,
      joinRequests: status.joinRequests,
    }),
  );
};

const print = (context: CommandContext, { shares, ledger, status }: Synced): void => {
  if (shares.length === 0) context.out('No share is set up: nothing was sent. See breakwater share --help.');
  for (const share of shares) {
    context.out(
      `${placeWords(share)}: ${share.pushed} pushed, ${share.pulled} pulled, ${share.onlyHere} not there yet.`,
    );
    if (share.failure !== null) printFailure(context, false, share.failure);
  }
  context.out(
    ledger.total === 0
      ? 'Nothing is only here.'
      : `${entries(ledger.total)} ${ledger.total === 1 ? 'is' : 'are'} only here:`,
  );
  for (const { at, room, what, state } of ledger.rows) {
    const sent = state === 'sent' ? ' (sent, not seen there yet)' : '';
    context.out(`  ${at}  ${plainText(room)}: ${plainText(what).slice(0, 100)}${sent}`);
  }
  if (ledger.total > ledger.rows.length) context.out(`  and ${ledger.total - ledger.rows.length} more`);
  printAdmission(context, status);
};
