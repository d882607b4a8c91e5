import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { judgePack, type Trust, type VerifyResult } from './verify-pack.ts';

/** `signers`: path of an allowed_signers file that did not come with the pack; `fingerprint`: `SHA256:…`. */
export type VerifyOptions = { readonly signers?: string; readonly fingerprint?: string };
export type VerifyReport = VerifyResult;
export { outcomeExit } from './verify-pack.ts';

/** OpenSSH prints 43 characters of base64 without padding. */
export const isFingerprint = (text: string): boolean => /^SHA256:[A-Za-z0-9+/]{43}$/.test(text);

const signersUnreadable = (file: string, why: string): Failure =>
  failure(
    'SignersNotReadable', `The signers file ${file} cannot be read: ${why}.`, 'Nothing was judged.',
    'Give the path of the allowed_signers file that the sender handed over by another way.',
  ); // prettier-ignore

/** Options as given → what to trust. Failures: SignersNotReadable, BadFingerprint. */
const readTrust = ({ signers, fingerprint }: VerifyOptions): Result<Trust, Failure> => {
  if (fingerprint !== undefined && !isFingerprint(fingerprint)) {
    return err(
      failure(
        'BadFingerprint', `"${fingerprint.slice(0, 100)}" is no fingerprint.`, 'Nothing was judged.',
        'Give it as ssh-keygen prints it: SHA256: and 43 characters.',
      ),
    ); // prettier-ignore
  }
  if (signers === undefined) return ok(fingerprint === undefined ? {} : { fingerprint });
  try {
    const text = readFileSync(signers, 'utf8');
    return ok({ signers: text, ...(fingerprint === undefined ? {} : { fingerprint }) });
  } catch (thrown) {
    return err(signersUnreadable(signers, thrownText(thrown)));
  }
};

/**
 * Verify a pack file. Nothing of it is unpacked; a temporary profile is made in the system's temporary folder and taken
 * away. Err: the pack or the signers file could not be read, or this machine could not work; it never means "bad pack".
 */
export const tryVerifyPack = async (file: string, options: VerifyOptions): Promise<Result<VerifyReport, Failure>> => {
  const trust = readTrust(options);
  if (!trust.ok) return trust;
  // The verdict does not depend on the time of day; a fixed clock keeps it so.
  return judgePack(file, trust.value, { clock: { now: () => 0 }, scratch: tmpdir() });
};

/** The same for callers that only ask whether the pack is good: what could not be read is refused, with the reason. */
export const verifyPack = async (file: string, options: VerifyOptions): Promise<VerifyReport> => {
  const judged = await tryVerifyPack(file, options);
  if (judged.ok) return judged.value;
  return {
    outcome: 'refused',
    findings: [{ what: 'unreadable', where: file, says: judged.error.what }],
    moreFindings: 0, remarks: [], signer: null, room: null, exportedAt: null, agent: null, events: 0, streams: 0, files: 0,
  }; // prettier-ignore
};
