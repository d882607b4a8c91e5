import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import { allows } from '../../shared/domain/policy.ts';
import { exportPack, packCommands, packSignersLine, type PackDone } from '../evidence/export-pack.ts';
import { exportAll } from '../evidence/export-all.ts';
import { openBlobs } from '../log/blobs.ts';
import { homeOrg, homePerson } from '../log/context.ts';
import { views } from '../log/views.ts';
import { writeAtomically } from '../store/files.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { appVersion, systemClock } from './machine.ts';
import { openProfileHere, type ProfileHere } from './profile-here.ts';

export const command: Command = {
  summary: 'write an evidence pack of a room, or everything as open files',
  help: `
breakwater export ROOM --pack FILE [--purpose TEXT] [--profile NAME] [--json]
breakwater export --all DIR [--profile NAME] [--json]

--pack writes an evidence pack of one room to FILE, and beside it FILE.signers: the line by which a recipient recognises this
device's key. Give FILE.signers to the recipient by another way than the pack. The export is recorded in the room's log. The
pack shows the facts that were cited in the room; the app's own export also cites what the timeline shows from the lake.
ROOM is a room's id (inc:…), the beginning of its digits, or its exact title.

--all writes every log as JSON Lines, all attached files, and readable rooms/*.json into the empty folder DIR. It is not signed as
a whole. breakwater import DIR makes the same rooms of it in an empty profile.

  --profile NAME   the profile (default: default); it must not be open in the app
  --purpose TEXT   what the pack is for; recorded with the export

Exit codes: 0 written, 1 not written, 2 not understood.`,
  run: (context) => run(context),
};

const run = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions(
    {
      pack: { type: 'string' }, all: { type: 'string' }, purpose: { type: 'string' },
      profile: { type: 'string', default: 'default' },
    },
    context.args,
    { atMost: 1 },
  ); // prettier-ignore
  if (!parsed.ok) return printUsage(context, 'export', parsed.problem);
  const { json, pack, all, purpose, profile = 'default' } = parsed.values;
  const [room] = parsed.positionals;
  if ((pack === undefined) === (all === undefined))
    return printUsage(context, 'export', 'Say --pack FILE with a room, or --all DIR.');
  if (pack !== undefined && room === undefined) return printUsage(context, 'export', 'Which room?');
  if (all !== undefined && room !== undefined) return printUsage(context, 'export', `--all takes no room ("${room}").`);
  const opened = openProfileHere(profile, false);
  if (!opened.ok) {
    printFailure(context, json, opened.error);
    return exits.failed;
  }
  const here = opened.value;
  try {
    const result =
      pack === undefined
        ? await everything(here, resolve(all ?? ''), context, json)
        : await onePack(here, room ?? '', resolve(pack), purpose, context, json);
    if (result.ok) return exits.ok;
    printFailure(context, json, result.error);
    return exits.failed;
  } finally {
    here.close();
  }
};

const noRoom = (room: string, found: number): Failure =>
  failure(
    found === 0 ? 'NoSuchRoom' : 'AmbiguousRoom',
    found === 0 ? `No room is called "${room.slice(0, 100)}".` : `"${room.slice(0, 100)}" could be ${found} rooms.`,
    'Nothing was written.',
    'Give the id as the app shows it, or more of its digits.',
  );

const findRoom = ({ profile }: ProfileHere, room: string): Result<LogId, Failure> => {
  const rooms = views.roomList(profile.store.read);
  const digits = room.replace(/^inc:/, '').toLowerCase();
  const exact = rooms.filter(({ log, title }) => log === room || title === room);
  const found =
    exact.length > 0 || !/^[0-9a-f]{4,32}$/.test(digits)
      ? exact
      : rooms.filter(({ log }) => log.slice('inc:'.length).startsWith(digits));
  const [only] = found;
  return only !== undefined && found.length === 1 ? ok(only.log) : err(noRoom(room, found.length));
};

/** The same question that the core asks for its export: the policy table decides. */
const exporterOf = ({ profile, open }: ProfileHere): Result<ActorId, Failure> => {
  const db = profile.store.read;
  const org = homeOrg(db);
  const person = homePerson(db);
  if (org === null || person === null) return err(noRoom('this profile', 0));
  const admitted = views.devices(db, org).some(({ dev, state }) => dev === open.log.device.id && state === 'attested');
  const roles = views.rolesOf(db, org, person, toInstant(systemClock.now())).map(({ role }) => role);
  if (admitted && allows(roles, 'export')) return ok(person);
  return err(
    failure(
      'Denied', 'Your roles do not allow you to export.', 'Nothing was written.',
      'Ask somebody with the role dpo, or ask an administrator for it.',
    ),
  ); // prettier-ignore
};

const onePack = async (
  here: ProfileHere,
  name: string,
  file: string,
  purpose: string | undefined,
  context: CommandContext,
  json: boolean,
): Promise<Result<PackDone, Failure>> => {
  const room = findRoom(here, name);
  if (!room.ok) return room;
  const actor = exporterOf(here);
  if (!actor.ok) return actor;
  const done = await exportPack(
    {
      store: here.profile.store,
      log: here.open.log,
      views,
      blobPath: openBlobs(here.profile.paths.blobs).path,
      clock: systemClock,
      scratch: tmpdir(),
      agent: `Breakwater ${appVersion()}`,
    },
    { room: room.value, actor: actor.value, file, ...(purpose === undefined ? {} : { purpose }) },
  );
  if (!done.ok) return done;
  const signersFile = `${file}.signers`;
  writeAtomically(signersFile, packSignersLine(done.value), 0o644);
  const { sha256, size, fingerprint, principal, absentBlobs, damagedBlobs } = done.value;
  if (json) {
    const commands = packCommands(done.value);
    context.out(
      JSON.stringify({
        ok: true,
        file,
        signersFile,
        sha256,
        size,
        principal,
        fingerprint,
        absentBlobs,
        damagedBlobs,
        commands,
      }),
    );
    return done;
  }
  context.out(`${file} (${size} bytes) is written.`);
  context.out(`Signed by ${principal}, key ${fingerprint}. Its line is in ${signersFile}.`);
  context.out('Give the signers file to the recipient by another way than the pack. What the recipient types:');
  for (const line of packCommands(done.value)) context.out(`  ${line}`);
  if (absentBlobs.length > 0)
    context.out(`${absentBlobs.length} attached files are not on this device; the pack lists them.`);
  if (damagedBlobs.length > 0)
    context.out(`${damagedBlobs.length} attached files on this device are damaged and were left out.`);
  return done;
};

const everything = async (
  here: ProfileHere,
  dir: string,
  context: CommandContext,
  json: boolean,
): Promise<Result<null, Failure>> => {
  const allowed = exporterOf(here);
  if (!allowed.ok) return allowed;
  const done = exportAll(
    {
      db: here.profile.store.read,
      log: here.open.log,
      views,
      blobs: here.profile.paths.blobs,
      clock: systemClock,
      agent: `Breakwater ${appVersion()}`,
    },
    dir,
  );
  if (!done.ok) return done;
  if (json) context.out(JSON.stringify({ ok: true, dir, ...done.value }));
  else {
    const { logs, events, blobs, rooms } = done.value;
    context.out(`${dir}: ${events} events of ${logs} logs, ${rooms} rooms, ${blobs} attached files.`);
    context.out('The profile was not changed. The folder is not encrypted: it holds everything in readable form.');
    context.out(`To read it back into an empty profile: breakwater import ${dir} --profile NAME`);
  }
  return ok(null);
};
