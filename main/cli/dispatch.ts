import { thrownText } from '../../shared/base/failure.ts';
import { type Command, type CommandContext, exits } from './command.ts';

export type CommandTable = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>;

/**
 * Run one command line (`argv` without node and script). Answers with the exit code; what a command did not expect becomes
 * exit 1 with its words, never a stack.
 */
export const dispatch = async (
  table: CommandTable,
  argv: readonly string[],
  context: Omit<CommandContext, 'args'>,
  version: string,
): Promise<number> => {
  const [name = '', ...args] = argv;
  if (name === '--version') {
    context.out(version);
    return exits.ok;
  }
  if (name === '--help' || name === 'help') {
    for (const line of await overview(table)) context.out(line);
    return exits.ok;
  }
  const load = Object.hasOwn(table, name) ? table[name] : undefined;
  if (load === undefined) {
    context.err(name === '' ? 'Which command?' : `There is no command "${name}".`);
    for (const line of await overview(table)) context.err(line);
    return exits.usage;
  }
  try {
    const { command } = await load();
    if (args.includes('--help')) {
      context.out(`breakwater ${name}: ${command.summary}`);
      context.out('');
      context.out(command.help.trim());
      return exits.ok;
    }
    return await command.run({ ...context, args });
  } catch (thrown) {
    const words = thrownText(thrown);
    if (args.includes('--json')) context.out(JSON.stringify({ ok: false, error: words }));
    context.err(`Breakwater made a mistake: ${words}`);
    return exits.failed;
  }
};

const overview = async (table: CommandTable): Promise<readonly string[]> => {
  const loaded = await Promise.all(
    Object.entries(table).map(async ([name, load]) => [name, (await load()).command] as const),
  );
  const width = Math.max(...loaded.map(([name]) => name.length));
  return [
    'breakwater COMMAND [OPTIONS]',
    '',
    ...loaded.map(([name, command]) => `  ${name.padEnd(width)}  ${command.summary}`),
    '',
    'Every command has --help and --json. Exit codes: 0 done, 1 failed, 2 not understood; more in --help.',
  ];
};
