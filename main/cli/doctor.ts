import { profileFolder } from '../../shared/domain/paths.ts';
import { builtReports, provenWords } from '../../shared/domain/proven.ts';
import { connectionSources } from '../core/connection-sources.ts';
import { type Command, type CommandContext, exits, parseOptions, printUsage } from './command.ts';
import { machineFindings, practiceFinding } from './doctor-checks.ts';
import type { Finding } from './doctor-finding.ts';
import { foundFindings } from './doctor-found.ts';
import { connectionFindings } from './doctor-saved.ts';
import { askLines } from './doctor-steps.ts';
import { profileFindings } from './doctor-profile.ts';
import { thisMachine } from './machine.ts';
import { profileProblem } from './serve.ts';

export const command: Command = {
  summary: 'say what runs here, what does not, and why',
  help: `
breakwater doctor [--profile NAME] [--connection environment|SECTION] [--no-connection] [--start-warehouse] [--json]

Looks, and changes nothing: versions, which Electron would run and why not, the profile and its database, how the device key
is protected, the clock, the practice lakehouse, and every connection of the profile step by step down to each source: works,
missing grant (with the GRANT to ask for and what it costs), not in this workspace, not switched on. Its statements count for the
limit of the day of the profile, which the app takes from a small file in the profile's folder. Sign-ins under a passphrase
are opened with the first line of the file that BREAKWATER_PASSPHRASE_FILE names, else it is asked for on a terminal; those that
the system keyring wraps are left out, since only the desktop window can open them.

  --profile NAME        the profile (default: default)
  --connection SOURCE   check this connection instead of the profile's, without saving it: environment (DATABRICKS_HOST,
                        DATABRICKS_HTTP_PATH, DATABRICKS_TOKEN), or a section of ~/.databrickscfg such as DEFAULT; a section
                        without http_path takes DATABRICKS_HTTP_PATH
  --no-connection       leave the network alone
  --start-warehouse     a SQL warehouse that does not run may be started, which may cost money; without it the steps that
                        would start it are left out

Exit codes: 0 nothing is wrong, 1 something needs a person, 2 not understood.`,
  run: (context) => doctor(context),
};

const doctor = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions(
    {
      profile: { type: 'string', default: 'default' },
      connection: { type: 'string' },
      'no-connection': { type: 'boolean' },
      'start-warehouse': { type: 'boolean' },
    },
    context.args,
  );
  if (!parsed.ok) return printUsage(context, 'doctor', parsed.problem);
  const { profile = 'default', json } = parsed.values;
  const problem = profileProblem(profile);
  if (problem !== null) return printUsage(context, 'doctor', problem);
  const { connection } = parsed.values;
  if (connection !== undefined && parsed.values['no-connection'] === true)
    return printUsage(context, 'doctor', 'Either --connection or --no-connection.');
  const startWarehouse = parsed.values['start-warehouse'] === true;
  const folder = profileFolder(thisMachine(), profile);

  const findings: Finding[] = [];
  const tell = (found: readonly Finding[]): void => {
    findings.push(...found);
    if (!json) for (const one of found) context.out(line(one));
  };
  tell(await machineFindings(profile));
  const looked = profileFindings(profile, folder);
  tell(looked.findings);
  const practice = await practiceFinding();
  tell([practice.finding]);
  if (parsed.values['no-connection'] !== true)
    tell(
      connection === undefined
        ? await connectionFindings(folder, looked.saved, practice.address, startWarehouse)
        : await foundFindings(connection, connectionSources(process.env, thisMachine().home), folder, startWarehouse),
    );

  const wrong = findings.filter((one) => one.state === 'wrong');
  if (json) context.out(JSON.stringify({ ok: wrong.length === 0, profile, findings, unproven }));
  else {
    for (const one of askLines(findings)) context.out(one);
    context.out('');
    context.out(unproven);
    context.out(wrong.length === 0 ? 'Nothing needs a person.' : `${wrong.length} of these need a person.`);
  }
  return wrong.length === 0 ? exits.ok : exits.failed;
};

const unproven = `Plainly: this version ${provenWords(builtReports())}, and never on Electron 45 (its tests use 33.2.1).`;

const marks = { fine: 'ok  ', note: '·   ', wrong: 'WRONG' } as const;
const line = (one: Finding): string =>
  `${marks[one.state].padEnd(6)}${one.name.padEnd(29)} ${one.detail}${one.advice === undefined ? '' : `\n${' '.repeat(36)}→ ${one.advice}`}`;
