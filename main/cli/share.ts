import { resolve } from 'node:path';
import type { Failure } from '../../shared/base/failure.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { longestName } from '../../shared/contract/common.ts';
import { printSql } from '../sync/delta.ts';
import { placeOf } from '../sync/delta-sql.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { withCore } from './core-here.ts';
import { systemRandom } from './machine.ts';
import { hasHiddenMarks, plainText } from './plain-text.ts';
import { organisationOf } from './reader.ts';
import {
  entries,
  explain,
  explained,
  placeWords,
  printAdmission,
  type ShareState,
  type Status,
} from './share-words.ts';

/** The place is known and used from now on; what was written could not be carried there yet. */
const notExchanged = 3;

export const command: Command = {
  summary: 'set up a place where devices meet, join one, or see how far this device is',
  help: `
breakwater share init --kind delta|folder --place PLACE [--profile NAME] [--print-sql] [--json]
breakwater share join --kind delta|folder --place PLACE [--profile NAME] [--json]
breakwater share status [--profile NAME] [--json]

init makes the place: three Delta tables in a schema, or one file in a folder that exists. It is done once; on a place that this
organisation has set up already it changes nothing. join uses a place that somebody else has set up; this device then asks to
be let in. Both make the profile where there is none, and exchange once. status asks no place: breakwater sync does.

  --kind KIND      delta: tables of the connected workspace; folder: a shared drive or a synced folder
  --place PLACE    delta: CATALOG.SCHEMA, without quotes; folder: its path
  --print-sql      (init, delta) print the SQL for an administrator: tables, grants and undo. Writes nothing, needs no connection;
                   run init or join after the administrator has run it
  --profile NAME   the profile (default: default); it must not be open in the app, except for --print-sql

Exit codes: 0 done, 1 failed and nothing was set up here, 2 not understood, 3 set up or joined, but the first exchange
did not go through.`,
  run: (context) => run(context),
};

type Where = { readonly kind: 'delta' | 'folder'; readonly place: string };

const run = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions(
    {
      kind: { type: 'string' }, place: { type: 'string' }, 'print-sql': { type: 'boolean', default: false },
      profile: { type: 'string', default: 'default' },
    },
    context.args,
    { atMost: 1 },
  ); // prettier-ignore
  if (!parsed.ok) return printUsage(context, 'share', parsed.problem);
  const { values, positionals } = parsed;
  const { json, profile = 'default', 'print-sql': sqlOnly = false } = values;
  const [what] = positionals;
  if (what === 'status') {
    return values.kind === undefined && values.place === undefined && !sqlOnly
      ? showStatus(context, profile, json)
      : printUsage(context, 'share', 'status takes no place.');
  }
  if (what !== 'init' && what !== 'join') return printUsage(context, 'share', 'Say init, join or status.');
  const where = whereOf(values.kind, values.place);
  if (typeof where === 'string') return printUsage(context, 'share', where);
  if (!sqlOnly) return setUpOrJoin(context, what, where, profile, json);
  return what === 'init' && where.kind === 'delta'
    ? showSql(context, where.place, profile, json)
    : printUsage(context, 'share', '--print-sql goes with init and --kind delta.');
};

/** The place as the core takes it, or what is wrong with it: looked at before a profile is opened or made. */
const whereOf = (kind: string | undefined, given: string | undefined): Where | string => {
  const place = given?.trim() ?? '';
  if (kind !== 'delta' && kind !== 'folder') return '--kind takes delta or folder.';
  if (place === '') return 'Which --place?';
  if (place.length > longestName) return '--place is too long.';
  if (hasHiddenMarks(place)) return `--place holds characters that cannot be seen: ${plainText(place)}`;
  if (kind === 'folder') return { kind, place: resolve(place) };
  return placeOf(place) === null
    ? '--place for delta takes CATALOG.SCHEMA, without quotes, like main.war_room.'
    : { kind, place };
};

const failed = (context: CommandContext, json: boolean, problem: Failure): number => {
  printFailure(context, json, problem);
  return exits.failed;
};

const showSql = (context: CommandContext, place: string, profile: string, json: boolean): number => {
  const org = organisationOf(profile);
  const sql = org.ok ? printSql(place, org.value, systemRandom) : org;
  if (!sql.ok) return failed(context, json, sql.error);
  context.out(json ? JSON.stringify({ ok: true, sql: sql.value }) : sql.value.trimEnd());
  return exits.ok;
};

type Used = { readonly share: ShareState; readonly status: Status; readonly failure: Failure | null };

const setUpOrJoin = async (
  context: CommandContext,
  what: 'init' | 'join',
  where: Where,
  profile: string,
  json: boolean,
): Promise<number> => {
  const done = await withCore<Used>({ profile, create: true, signal: context.signal }, async (core) => {
    const share = await explained(core, await core.call(what === 'init' ? 'share.setup' : 'share.join', where));
    if (!share.ok) return share;
    const status = await core.call('app.status', {});
    if (!status.ok) return status;
    const problem = share.value.failure;
    return ok({
      share: share.value,
      status: status.value,
      failure: problem === null ? null : await explain(core, problem),
    });
  });
  if (!done.ok) return failed(context, json, done.error);
  const { share, status, failure } = done.value;
  const { admitted, org } = status.you;
  if (json)
    context.out(JSON.stringify({ ok: failure === null, share: shareJson(share), org, admitted, profile, failure }));
  else {
    context.out(`${placeWords(share)}: ${what === 'init' ? 'set up' : 'joined'} for profile ${profile}.`);
    if (failure === null) {
      const { onlyHere } = share;
      context.out(onlyHere === 0 ? 'Everything here is there, too.' : `${entries(onlyHere)} did not get there yet.`);
    } else {
      context.out('The first exchange did not go through:');
      printFailure(context, false, failure);
    }
    printAdmission(context, status);
    if (what === 'init')
      context.out(
        `Others join with: breakwater share join --kind ${share.kind} --place ${shellWord(share.place)}, or in the app.`,
      );
  }
  return failure === null ? exits.ok : notExchanged;
};

/** A word that a shell takes as it stands. */
const shellWord = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

const shareJson = ({ id, kind, place, lastSyncAt, onlyHere }: ShareState): Omit<ShareState, 'state' | 'failure'> => ({
  id,
  kind,
  place,
  lastSyncAt,
  onlyHere,
});

const showStatus = async (context: CommandContext, profile: string, json: boolean): Promise<number> => {
  const status = await withCore<Status>(
    { profile, create: false, signal: context.signal },
    (core): Promise<Result<Status, Failure>> => core.call('app.status', {}),
  );
  if (!status.ok) return failed(context, json, status.error);
  const { you, shares, onlyHere, joinRequests, quarantined, unknownEvents } = status.value;
  if (json) {
    const { org, admitted, device, roles } = you;
    context.out(
      JSON.stringify({
        ok: true,
        profile,
        org,
        device,
        admitted,
        roles,
        onlyHere,
        joinRequests,
        quarantined,
        unknownEvents,
        shares: shares.map(shareJson),
      }),
    );
    return exits.ok;
  }
  context.out(`Profile ${profile}: ${plainText(you.name)}, ${you.roles.join(', ') || 'no roles'}.`);
  if (shares.length === 0)
    context.out('No share is set up: what is written stays on this device. See breakwater share --help.');
  for (const share of shares) {
    const met = share.lastSyncAt === null ? 'never met' : `last met ${share.lastSyncAt}`;
    context.out(`${placeWords(share)}: ${met}, ${entries(share.onlyHere)} not there yet.`);
  }
  if (shares.length > 0)
    context.out(onlyHere === 0 ? 'Nothing waits to be shared.' : `${entries(onlyHere)} wait to be shared.`);
  printAdmission(context, status.value);
  if (quarantined > 0)
    context.out(`${quarantined} things in shares are no events and were kept apart; the app lists them.`);
  if (unknownEvents > 0) context.out(`${entries(unknownEvents)} come from a newer Breakwater; they are kept.`);
  return exits.ok;
};
