import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogId } from '../../shared/domain/ids.ts';
import { ensureTestTools } from '../support/debian.ts';
import { carry, citation, draft, fullRoom, openDevice, openRoom, packRoom } from '../support/pack-room.ts';

// A pack in the hands of somebody who has only the tools of an ordinary Linux, and on the command line of Breakwater.
const dir = mkdtempSync(join(tmpdir(), 'pack-tools-'));
let top: string;
let zip: string;
let principal: string;
let device: string;
let bob: string;
let world: Awaited<ReturnType<typeof fullRoom>>;

type Ran = { readonly code: number | null; readonly text: string; readonly out: string };
const run = (
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: Uint8Array; home?: string } = {},
): Ran => {
  const done = spawnSync(program, [...args], {
    cwd: options.cwd ?? top,
    encoding: 'utf8',
    env: { ...process.env, ...(options.home === undefined ? {} : { BREAKWATER_HOME: options.home }) },
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  return { code: done.status, text: `${done.stdout}${done.stderr}`, out: done.stdout };
};
const shell = (script: string, cwd = top): Ran => run('bash', ['-c', script], { cwd });
const breakwater = (args: readonly string[], home = join(dir, 'home')): Ran =>
  run(process.execPath, [join(import.meta.dirname, '../../main/cli/main.ts'), ...args], { cwd: dir, home });

const manifests =
  'sha256sum -c --quiet --strict tagmanifest-sha256.txt && sha256sum -c --quiet --strict manifest-sha256.txt';
const noExtras = `find data -type f | LC_ALL=C sort | diff - <(sed 's/^[0-9a-f]*  //' manifest-sha256.txt | LC_ALL=C sort)`;
const signedBy = (signers: string, folder: string): Ran =>
  run('ssh-keygen', [
    '-Y', 'verify', '-f', signers, '-I', principal, '-n', 'evidence-pack@breakwater', '-s', 'signatures/tagmanifest-sha256.txt.sig',
  ], { cwd: folder, input: readFileSync(join(folder, 'tagmanifest-sha256.txt')) }); // prettier-ignore

beforeAll(async () => {
  ensureTestTools(['ssh', 'unzip', 'openssl', 'jq', 'python']);
  world = await fullRoom();
  const done = await packRoom(world.alice, world.room, { facts: [citation(1), citation(2, 'model-version')] });
  zip = join(dir, 'pack.zip');
  cpSync(done.file, zip);
  writeFileSync(`${zip}.signers`, done.signersLine);
  ({ principal } = done);
  device = world.alice.open.log.device.id;
  bob = world.bob.open.log.device.id;
  expect(run('unzip', ['-q', zip], { cwd: dir }).code).toBe(0);
  top = join(dir, done.top);
}, 120_000);
afterAll(() => {
  world.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A copy of the unpacked pack that a test may damage. */
const copy = (name: string): string => {
  const folder = join(dir, name);
  cpSync(top, folder, { recursive: true });
  return folder;
};

describe('tools that are not ours accept the pack', () => {
  it('unzip -t, sha256sum -c, find | diff', () => {
    expect(run('unzip', ['-tq', zip])).toMatchObject({ code: 0 });
    expect(shell(manifests)).toMatchObject({ code: 0, text: '' });
    expect(shell(noExtras)).toMatchObject({ code: 0, text: '' });
  });
  it('ssh-keygen -Y verify with the signers file, and the fingerprint over the telephone', () => {
    const said = signedBy(`${zip}.signers`, top);
    expect(said.text).toContain(`Good "evidence-pack@breakwater" signature for ${principal}`);
    const printed = shell(`cut -d' ' -f3- ${zip}.signers | ssh-keygen -l -f -`).text;
    expect(printed).toContain(/SHA256:\S+/.exec(said.text)?.[0] ?? 'no fingerprint');
  });
  it('verify.sh in plain sh for all chains and for one', () => {
    expect(run('sh', ['data/verify.sh'])).toMatchObject({ code: 0 });
    const one = run('sh', ['data/verify.sh', `data/20-timeline/${device}.chain.jsonl`]);
    expect(one.code).toBe(0);
    expect(one.text).toMatch(/^OK data\/20-timeline\/\S+ \d+ entries, head [0-9a-f]{64}\n$/);
  });
  it('verify.py with the standard library alone', () => {
    const said = run('python3', ['-I', 'data/verify.py']);
    expect(said.text).toContain('OK ');
    expect(said.code).toBe(0);
  });
  it('openssl for one event and jq for one disclosure', () => {
    const [first = '{}'] = readFileSync(join(top, `data/20-timeline/${device}.sigs.jsonl`), 'utf8').split('\n');
    const { hash, sig } = JSON.parse(first) as { hash: string; sig: string };
    const [opened = '{}'] = readFileSync(join(top, `data/20-timeline/${device}.chain.jsonl`), 'utf8').split('\n');
    const { pub } = (JSON.parse(opened) as { c: { pub: string } }).c;
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(pub, 'base64url')]);
    writeFileSync(join(dir, 'pub.der'), der);
    writeFileSync(join(dir, 'sig'), Buffer.from(sig, 'base64url'));
    writeFileSync(join(dir, 'signed'), `breakwater-event-1\n${hash}`);
    const said = run('openssl', ['pkeyutl', '-verify', '-rawin', '-pubin', '-keyform', 'DER', '-inkey', join(dir, 'pub.der'), '-sigfile', join(dir, 'sig'), '-in', join(dir, 'signed')]); // prettier-ignore
    expect(said.text).toContain('Signature Verified Successfully');
    const digest = shell(
      `jq -r .d data/90-disclosures/disclosures.jsonl | head -1 | tr -d '\\n' | openssl dgst -sha256 -binary | basenc --base64url | tr -d =`,
    ).text.trim();
    expect(shell(`grep -rl -- "${digest}" data/20-timeline`).text).toContain('.chain.jsonl');
  });
  it('with names that are the same without our program: the commands in VERIFY.txt are these', () => {
    const words = readFileSync(join(top, 'data/VERIFY.txt'), 'utf8');
    for (const part of [
      'sha256sum -c --quiet --strict manifest-sha256.txt',
      principal,
      'sh data/verify.sh',
      'python3 data/verify.py',
    ])
      expect(words).toContain(part);
  });
});

describe('tools that are not ours notice', () => {
  const line = (folder: string, name: string): string => join(folder, 'data/20-timeline', name);
  it('a removed line', () => {
    const folder = copy('removed');
    shell(`sed -i 3d data/20-timeline/${device}.chain.jsonl`, folder);
    expect(shell(manifests, folder).text).toContain(`${device}.chain.jsonl: FAILED`);
    expect(run('sh', ['data/verify.sh'], { cwd: folder })).toMatchObject({ code: 1 });
    expect(run('sh', ['data/verify.sh'], { cwd: folder }).text).toContain('at line 3');
    expect(run('python3', ['data/verify.py'], { cwd: folder })).toMatchObject({ code: 1 });
  });
  it('a cut tail, also with its signatures and heads', () => {
    const folder = copy('cut');
    shell(`sed -i '$d' data/20-timeline/${bob}.chain.jsonl data/20-timeline/${bob}.sigs.jsonl`, folder);
    expect(run('sh', ['data/verify.sh'], { cwd: folder }).text).toContain('CUT OR LONGER');
    const head = shell(`tail -1 data/20-timeline/${bob}.sigs.jsonl`, folder).text;
    const { seq, hash } = JSON.parse(head) as { seq: number; hash: string };
    const heads = readFileSync(line(folder, 'HEADS.txt'), 'utf8');
    writeFileSync(
      line(folder, 'HEADS.txt'),
      heads.replace(new RegExp(`^${bob}.*$`, 'm'), `${bob}.chain.jsonl ${seq} ${hash}`),
    );
    expect(run('sh', ['data/verify.sh'], { cwd: folder })).toMatchObject({ code: 0 });
    const said = run('python3', ['data/verify.py'], { cwd: folder });
    expect(said.code).toBe(1);
    expect(said.text).toContain('cut tail: at the export event');
  });
  it('an added and a missing file, a changed disclosure, a foreign signature', () => {
    const folder = copy('files');
    writeFileSync(join(folder, 'data/extra.txt'), 'x');
    expect(shell(noExtras, folder).text).toContain('< data/extra.txt');
    expect(run('python3', ['data/verify.py'], { cwd: folder }).text).toContain('WRONG data/extra.txt: added');
    rmSync(join(folder, 'data/extra.txt'));
    writeFileSync(join(folder, 'README'), 'x');
    expect(run('python3', ['data/verify.py'], { cwd: folder }).text).toContain('WRONG README: added');
    rmSync(join(folder, 'README'));
    rmSync(join(folder, 'data/custody.csv'));
    expect(run('python3', ['data/verify.py'], { cwd: folder }).text).toContain('WRONG data/custody.csv: listed');
    shell(`sed -i '1s/"d":"./"d":"Z/' data/90-disclosures/disclosures.jsonl`, folder);
    expect(run('python3', ['data/verify.py'], { cwd: folder }).text).toContain('no line of the log has its digest');
    shell(`cp data/20-timeline/${device}.sigs.jsonl data/20-timeline/${bob}.sigs.jsonl`, folder);
    expect(run('python3', ['data/verify.py'], { cwd: folder }).text).toContain('its signature belongs to another line');
  });
  it('a device key that signed nothing of it', () => {
    const folder = copy('sigs');
    const path = line(folder, `${bob}.sigs.jsonl`);
    const rows = readFileSync(path, 'utf8').trimEnd().split('\n');
    const last = JSON.parse(rows.at(-1) ?? '{}') as { sig: string };
    const other = JSON.parse(rows[0] ?? '{}') as { sig: string };
    writeFileSync(path, `${[...rows.slice(0, -1), JSON.stringify({ ...last, sig: other.sig })].join('\n')}\n`);
    expect(run('python3', ['data/verify.py'], { cwd: folder }).text).toContain(
      'the device’s signature does not hold'.replace('’', "'"),
    );
  });
  it('another key', () => {
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'other')]);
    const key = readFileSync(join(dir, 'other.pub'), 'utf8');
    writeFileSync(join(dir, 'other.signers'), `${principal} ${key}`);
    expect(signedBy(join(dir, 'other.signers'), top).code).not.toBe(0);
  });
});

describe('breakwater verify', () => {
  it('answers with its exit codes', () => {
    expect(breakwater(['verify', zip, '--signers', `${zip}.signers`])).toMatchObject({ code: 0 });
    expect(breakwater(['verify', zip]).text).toContain('INTACT, SIGNER UNKNOWN');
    expect(breakwater(['verify', zip]).code).toBe(3);
    expect(breakwater(['verify', zip, '--fingerprint', 'x'])).toMatchObject({ code: 2 });
    expect(breakwater(['verify', zip, '--signers', join(dir, 'none')])).toMatchObject({ code: 2 });
    expect(breakwater(['verify', join(dir, 'none.zip')])).toMatchObject({ code: 2 });
    expect(breakwater(['verify'])).toMatchObject({ code: 2 });
    const bytes = readFileSync(zip);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(join(dir, 'flipped.zip'), bytes);
    const refused = breakwater(['verify', join(dir, 'flipped.zip'), '--signers', `${zip}.signers`, '--json']);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({ ok: false, outcome: 'refused' });
  });
  it('accepts the same files packed again by another program, and says so', () => {
    const again = join(dir, 'again.zip');
    const script =
      'import os,sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED)\nfor f,_,ns in os.walk("."):\n for n in ns: z.write(os.path.join(f,n))\nz.close()';
    const packed = join(dir, 'packed');
    mkdirSync(packed);
    cpSync(top, join(packed, 'folder'), { recursive: true });
    expect(run('python3', ['-c', script, again], { cwd: packed })).toMatchObject({ code: 0 });
    const said = breakwater(['verify', again, '--signers', `${zip}.signers`]);
    expect(said.text).toContain('packed again by another program');
    expect(said.code).toBe(0);
  });
  it('refuses a pack altered and signed again by ssh-keygen with its own allowed_signers', () => {
    const folder = copy('resigned');
    shell(`sed -i 's/SEV3/SEV5/' data/10-incident/incident.json`, folder);
    shell(
      `find data -type f | LC_ALL=C sort | xargs sha256sum > manifest-sha256.txt; sha256sum bag-info.txt bagit.txt manifest-sha256.txt > tagmanifest-sha256.txt
       rm signatures/*; ssh-keygen -q -Y sign -f ${dir}/other -n evidence-pack@breakwater tagmanifest-sha256.txt; mv tagmanifest-sha256.txt.sig signatures/
       echo "${principal} $(cat ${dir}/other.pub)" > signatures/allowed_signers`,
      folder,
    );
    expect(shell(manifests, folder)).toMatchObject({ code: 0 });
    expect(signedBy(join(folder, 'signatures/allowed_signers'), folder).text).toContain('Good');
    const resigned = join(dir, 'resigned.zip');
    run('python3', ['-m', 'zipfile', '-c', resigned, 'resigned/'], { cwd: dir });
    const said = breakwater(['verify', resigned, '--signers', `${zip}.signers`]);
    expect(said.code).toBe(1);
    expect(said.text).toContain('signer-not-in-file');
    expect(said.text).toContain('view-differs: data/10-incident/incident.json');
  });
});

describe('breakwater export and import', () => {
  const home = join(dir, 'home');
  let room: LogId;
  let digest: string;
  beforeAll(() => {
    const folder = join(home, 'profiles');
    mkdirSync(folder, { recursive: true });
    const alice = openDevice('Alice', undefined, join(folder, 'work'), 'profile-is-folder');
    const carol = openDevice('Carol', { org: alice.org });
    room = openRoom(alice, 'From the command line');
    alice.write(room, [draft('note.added', { text: 'kept' })]);
    carry(alice, carol);
    carol.write(room, [draft('note.added', { text: 'also kept' })]);
    carry(carol, alice);
    digest = alice.open.log.projectionDigest(alice.profile.store.read, room);
    alice.open.close();
    alice.profile.close();
    carol.close();
  });

  it('writes a pack and its signers file, which verify accepts', () => {
    const pack = join(dir, 'cli.zip');
    const said = breakwater([
      'export',
      'From the command line',
      '--pack',
      pack,
      '--profile',
      'work',
      '--purpose',
      'audit',
    ]);
    expect(said.text).toContain('is written');
    expect(said.code).toBe(0);
    expect(breakwater(['verify', pack, '--signers', `${pack}.signers`])).toMatchObject({ code: 0 });
    const again = breakwater(['export', room.slice(4, 20), '--pack', pack, '--profile', 'work', '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ ok: true, file: pack, signersFile: `${pack}.signers` });
  });
  it('names what is wrong: no such room, no such profile, an open profile, half a question', () => {
    expect(breakwater(['export', 'nothing', '--pack', join(dir, 'n.zip'), '--profile', 'work'])).toMatchObject({
      code: 1,
    });
    expect(breakwater(['export', 'x', '--pack', join(dir, 'n.zip'), '--profile', 'nobody']).text).toContain(
      'no profile "nobody"',
    );
    expect(breakwater(['export', '--profile', 'work'])).toMatchObject({ code: 2 });
    expect(breakwater(['export', '--pack', 'x', '--all', 'y'])).toMatchObject({ code: 2 });
    expect(readdirSync(join(home, 'profiles'))).toEqual(['work']);
  });
  it('everything as open files comes back equal in an empty profile', () => {
    const out = join(dir, 'all');
    expect(breakwater(['export', '--all', out, '--profile', 'work'])).toMatchObject({ code: 0 });
    expect(breakwater(['export', '--all', out, '--profile', 'work']).text).toContain('is not empty');
    const index = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8')) as {
      logs: { log: string; projection: string }[];
    };
    expect(index.logs.map(({ log }) => log)).toContain(room);
    expect(readFileSync(join(out, 'rooms', `${room.replace(':', '-')}.json`), 'utf8')).toContain('also kept');
    const said = breakwater(['import', out, '--profile', 'fresh']);
    expect(said.text).toContain('All logs came out equal');
    expect(said.code).toBe(0);
    expect(breakwater(['import', out, '--profile', 'fresh']).text).toContain('has rooms already');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const broken = join(dir, 'broken');
    cpSync(out, broken, { recursive: true });
    const [stream = ''] = readdirSync(join(broken, 'logs', room.replace(':', '-')));
    shell(`sed -i 's/note.added/note.Added/' ${join(broken, 'logs', room.replace(':', '-'), stream)}`);
    const bad = breakwater(['import', broken, '--profile', 'other']);
    expect(bad.code).toBe(1);
    expect(bad.text).toContain('did not come out equal');
    expect(breakwater(['import', dir, '--profile', 'third'])).toMatchObject({ code: 1 });
  }, 60_000);
});
