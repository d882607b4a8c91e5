/** What is wrong with a pack and where. `what` is a tag for programs; `says` one sentence for people. */
export type FindingTag =
  // The container.
  | 'not-a-zip' | 'hostile-name' | 'duplicate-name' | 'symlink' | 'encrypted' | 'bomb' | 'too-many-files' | 'too-large'
  | 'header-mismatch' | 'trailing-bytes' | 'container-changed' | 'unreadable'
  // The bag.
  | 'missing-file' | 'added-file' | 'changed-file' | 'bad-manifest' | 'newer-format'
  | 'bad-signature' | 'signer-not-in-file' | 'fingerprint-differs' | 'lying-checker'
  // The log.
  | 'bad-line' | 'broken-chain' | 'bad-event-signature' | 'bad-device' | 'cut-tail' | 'beyond-head' | 'wrong-heads'
  | 'unknown-disclosure' | 'not-exported' | 'not-accepted' | 'view-differs' | 'changed-attachment' | 'missing-attachment'; // prettier-ignore

export type Finding = { readonly what: FindingTag; readonly where: string; readonly says: string };
/** Not wrong, but whoever relies on the pack should know it. */
export type Remark = { readonly where: string; readonly says: string };

/** A list that grows to a limit: a pack with a million wrong lines needs no million findings. */
export type Findings = {
  readonly add: (what: FindingTag, where: string, says: string) => void;
  readonly remark: (where: string, says: string) => void;
  readonly list: readonly Finding[];
  readonly remarks: readonly Remark[];
  /** Findings that were not listed. */
  readonly more: () => number;
};

const listed = 200;

export const collectFindings = (): Findings => {
  const list: Finding[] = [];
  const remarks: Remark[] = [];
  let more = 0;
  return {
    add: (what, where, says) => {
      if (list.length < listed) list.push({ what, where: printable(where), says: printable(says) });
      else more += 1;
    },
    remark: (where, says) => {
      if (remarks.length < listed) remarks.push({ where: printable(where), says: printable(says) });
    },
    list,
    remarks,
    more: () => more,
  };
};

/** Text from a hostile file never reaches a terminal with control or direction characters in it. */
export const printable = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
    .slice(0, 500);
