import { outcomeExit, tryVerifyPack, type VerifyReport } from '../evidence/verify.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';

export const command: Command = {
  summary: 'check an evidence pack',
  help: `
breakwater verify PACK.zip [--signers FILE | --fingerprint SHA256:…] [--json]

Checks the zip, the manifests, the signature, the chains of all devices, every event's signature, the heads, the disclosures and
the checker scripts, and makes every other file of the pack again from its log. Nothing is unpacked, nothing in the pack is run.

  --signers FILE       OpenSSH allowed_signers file that reached you by another way than the pack
  --fingerprint F      fingerprint of the signer's key, as ssh-keygen prints it
  --json               one line of JSON: outcome, findings [{what, where, says}], remarks, signer

Keys inside a pack prove nothing. Without --signers or --fingerprint the best answer is "intact, signer unknown".

Exit codes: 0 verified, 1 refused (every reason is named), 2 not understood or a file could not be read,
3 intact, signer unknown.`,
  run: (context) => verify(context),
};

const verify = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions({ signers: { type: 'string' }, fingerprint: { type: 'string' } }, context.args, {
    atMost: 1,
  });
  if (!parsed.ok) return printUsage(context, 'verify', parsed.problem);
  const [pack] = parsed.positionals;
  if (pack === undefined) return printUsage(context, 'verify', 'Which pack?');
  const { json, signers, fingerprint } = parsed.values;
  const judged = await tryVerifyPack(pack, {
    ...(signers === undefined ? {} : { signers }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  });
  if (!judged.ok) {
    printFailure(context, json, judged.error);
    return exits.usage;
  }
  const report = judged.value;
  if (json) context.out(JSON.stringify({ ok: report.outcome === 'verified', ...report }));
  else for (const line of words(pack, report)) context.out(line);
  return outcomeExit[report.outcome];
};

const signed = ({ signer }: VerifyReport): string =>
  signer === null
    ? 'It carries no signature that can be read.'
    : `Signed by ${signer.principal}, key ${signer.fingerprint}.`;

/** What happened, what holds, what to do; then every finding and remark. */
const words = (pack: string, report: VerifyReport): readonly string[] => {
  const { outcome, findings, moreFindings, remarks, events, streams, files } = report;
  const size = `${events} events in ${streams} streams, ${files} files`;
  const heads: Readonly<Record<typeof outcome, readonly string[]>> = {
    verified: [
      `VERIFIED: ${pack} is whole and signed by a key that you trust.`,
      `${signed(report)} ${size}.`,
      'Nothing needs to be done.',
    ],
    'intact, signer unknown': [
      `INTACT, SIGNER UNKNOWN: nothing in ${pack} contradicts itself, but nobody vouched for the key.`,
      `${signed(report)} ${size}.`,
      'Get the signers file or the fingerprint by another way than the pack, then verify again with --signers or --fingerprint.',
    ],
    refused: [
      `REFUSED: ${pack} is not what was exported, or was not signed by whom you trust.`,
      `${signed(report)} Nothing was unpacked or run.`,
      'Keep the file as it is and ask the sender for the pack again, by another way.',
    ],
  };
  return [
    ...heads[outcome],
    ...findings.map(({ what, where, says }) => `  ${what}: ${where}: ${says}`),
    ...(moreFindings > 0 ? [`  and ${moreFindings} more`] : []),
    ...remarks.map(({ where, says }) => `  note: ${where}: ${says}`),
  ];
};
