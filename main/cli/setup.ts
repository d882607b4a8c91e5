import { ok } from '../../shared/base/result.ts';
import { namedSources, setupSql } from '../core/setup-sql.ts';
import { isPrincipal } from '../databricks/grants.ts';
import { shareSqlFor } from '../sync/delta.ts';
import { placeOf } from '../sync/delta-sql.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { systemRandom } from './machine.ts';
import { hasHiddenMarks } from './plain-text.ts';
import { organisationOf } from './reader.ts';

export const command: Command = {
  summary: 'print what an administrator runs so that people can use Breakwater, and its undo',
  help: `
breakwater setup --print-sql [--principal GROUP] [--sources all|NAME,…] [--share CATALOG.SCHEMA] [--profile NAME] [--json]

Prints: system schemas to switch on (with the Databricks CLI, since SQL cannot), the right to use a SQL warehouse in words, the
grants for each source of facts with what it is for, the tables and grants of a share, and the undo of all of it in reverse,
commented out. Each statement can be run again. Needs no connection, sends nothing and writes nothing.

  --principal GROUP   who gets the rights: a group, a user or an application id (default: account users)
  --sources LIST      which sources, by name, label or table, with commas: system.lakeflow.jobs,Audit (default: all)
  --share PLACE       also the tables of a share, CATALOG.SCHEMA without quotes; without it nothing is ever written to Databricks
  --profile NAME      the profile whose organisation the share is for (default: default)

Exit codes: 0 printed, 1 not possible, 2 not understood.`,
  run: (context) => Promise.resolve(setup(context)),
};

/** The group of everybody in an account: a principal that exists everywhere. */
const everybody = 'account users';

const setup = (context: CommandContext): number => {
  const parsed = parseOptions(
    {
      'print-sql': { type: 'boolean' },
      principal: { type: 'string', default: everybody },
      sources: { type: 'string', default: 'all' },
      share: { type: 'string' },
      profile: { type: 'string', default: 'default' },
    },
    context.args,
  );
  if (!parsed.ok) return printUsage(context, 'setup', parsed.problem);
  const { principal = everybody, sources = 'all', share, profile = 'default', json } = parsed.values;
  if (parsed.values['print-sql'] !== true) return printUsage(context, 'setup', 'Say --print-sql: there is nothing else that it does.'); // prettier-ignore
  if (!isPrincipal(principal) || hasHiddenMarks(principal))
    return printUsage(context, 'setup', '--principal is empty, too long, or holds characters that cannot be seen.');
  if (share !== undefined && placeOf(share) === null)
    return printUsage(context, 'setup', '--share takes CATALOG.SCHEMA, without quotes, like main.war_room.');
  const names = sources.split(',').map((one) => one.trim()).filter((one) => one !== ''); // prettier-ignore
  const wanted = namedSources(names);
  if ('unknown' in wanted) return printUsage(context, 'setup', `No source is called ${wanted.unknown.join(', ')}. There are: ${namesOf()}.`); // prettier-ignore
  const org = share === undefined ? ok(null) : organisationOf(profile);
  const parts = !org.ok ? org : share === undefined || org.value === null ? ok(null) : shareSqlFor(share, org.value, systemRandom, principal); // prettier-ignore
  if (!parts.ok) {
    printFailure(context, json, parts.error);
    return exits.failed;
  }
  const sql = setupSql({ principal, sources: wanted.sources, share: parts.value, metastoreId: null });
  context.out(json ? JSON.stringify({ ok: true, sql }) : sql.trimEnd());
  return exits.ok;
};

const namesOf = (): string => {
  const all = namedSources([]);
  return 'sources' in all ? all.sources.map((one) => one.source).join(', ') : '';
};
