import { createHash } from 'node:crypto';
import { textFile, type PackFile } from './pack-file.ts';
import { packNamespace } from './sshsig.ts';
import { verifyPy } from './verify-py.ts';

/**
 * The tools inside a pack. They are the same bytes in every pack of this version; a pack with others is refused, because a
 * checker that lies is the easiest way to make a changed pack look whole.
 */
export const verifyShPath = 'data/verify.sh';
export const verifyPyPath = 'data/verify.py';
export const verifyTxtPath = 'data/VERIFY.txt';

export const verifySh = String.raw`#!/bin/sh
# Checks the chains of this pack with sha256sum alone. Run it inside the pack's folder:
#   sh data/verify.sh                                  every chain, against HEADS.txt
#   sh data/verify.sh data/20-timeline/X.chain.jsonl   one chain
# It does not check who signed: see VERIFY.txt. Exit code 0 = every chain holds, 1 = not.
LC_ALL=C
export LC_ALL
if command -v sha256sum >/dev/null 2>&1; then
  sum() { sha256sum | cut -c1-64; }
else
  sum() { shasum -a 256 | cut -c1-64; }
fi
zero=0000000000000000000000000000000000000000000000000000000000000000
check() {
  prev=$zero
  n=0
  while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in
      *"\"prev\":\"$prev\""*) ;;
      *) echo "BROKEN $1 at line $((n + 1))"; return 1 ;;
    esac
    prev=$(printf '%s\n' "$line" | sum)
    n=$((n + 1))
  done < "$1"
  echo "OK $1 $n entries, head $prev"
}
failed=0
if [ "$#" -gt 0 ]; then
  for file in "$@"; do check "$file" || failed=1; done
  exit $failed
fi
cd "$(dirname "$0")/20-timeline" || exit 1
listed=0
while read -r file count head; do
  listed=$((listed + 1))
  if [ ! -f "$file" ]; then echo "MISSING $file"; failed=1; continue; fi
  check "$file" || { failed=1; continue; }
  if [ "$n" != "$count" ] || [ "$prev" != "$head" ]; then
    echo "CUT OR LONGER $file: HEADS.txt says $count entries, head $head"
    failed=1
  fi
done < HEADS.txt
found=$(find . -name '*.chain.jsonl' | wc -l | tr -d ' ')
if [ "$found" != "$listed" ]; then echo "HEADS.txt lists $listed chains, there are $found"; failed=1; fi
exit $failed
`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** sha256 of verify.sh and verify.py of every released version. A version that changes them adds a line here. */
export const knownCheckers: readonly { readonly version: string; readonly sh: string; readonly py: string }[] = [
  { version: '0.1.0', sh: sha256(verifySh), py: sha256(verifyPy) },
];

export type VerifyText = { readonly top: string; readonly principal: string };

/** VERIFY.txt: why the keys in a pack prove nothing, and what to type. */
export const verifyText = ({ top, principal }: VerifyText): string => `HOW TO CHECK THIS EVIDENCE PACK

1. WHAT YOU NEED FROM ELSEWHERE
Keys inside this pack prove nothing by themselves: whoever changes a pack can sign it again with a key of their own and
put that key in. You need the signer's key, or its fingerprint, from a place that is not this pack and did not travel
with it: an earlier letter, the organisation's website, minutes of a board, a call to somebody you know.
  - The file "….zip.signers" that the export writes beside the pack is a line of an OpenSSH allowed_signers file. It must
    reach you by another way than the pack.
  - The signer that this pack claims: ${principal}
signatures/allowed_signers in this pack is a copy for convenience. Never check against it.

2. FILES ARE WHOLE  (Linux; run in the folder "${top}")
  unzip -q PACK.zip && cd ${top}
  sha256sum -c --quiet --strict tagmanifest-sha256.txt
  sha256sum -c --quiet --strict manifest-sha256.txt
  find data -type f | LC_ALL=C sort > ../found.txt
  sed 's/^[0-9a-f]*  //' manifest-sha256.txt | LC_ALL=C sort | diff ../found.txt -
The last command shows added files, which sha256sum alone does not notice. Nothing may be printed by any of them.
Beside "data" there may only be: bag-info.txt bagit.txt manifest-sha256.txt tagmanifest-sha256.txt signatures

3. WHO SIGNED
  ssh-keygen -Y verify -f SIGNERS -I ${principal} \\
    -n ${packNamespace} -s signatures/tagmanifest-sha256.txt.sig < tagmanifest-sha256.txt
SIGNERS is the file from step 1. It must print: Good "${packNamespace}" signature for ${principal}
  cut -d' ' -f3- SIGNERS | ssh-keygen -l -f -
prints the fingerprint, to compare it over the telephone.

4. THE LOG WAS NOT CHANGED
  sh data/verify.sh          chains of all devices, with sha256sum only
  python3 data/verify.py     the same, and manifests, heads, disclosures and the devices' signatures (standard library only)
Both files came with the pack. They are short: read them first, or take them from a pack that you trust.
One disclosure by hand: its digest must occur in a line of a chain in data/20-timeline
  jq -r .d data/90-disclosures/disclosures.jsonl | head -1 | tr -d '\\n' | openssl dgst -sha256 -binary | basenc --base64url | tr -d =

5. ALL AT ONCE
  breakwater verify PACK.zip --signers SIGNERS
Exit code 0: verified. 3: intact, signer unknown (no key was given). 1: refused, with every reason. 2: wrong usage.

WHAT THE CHECKS DO NOT SHOW
- That what people wrote is true, or that nothing was left unwritten.
- That nothing newer was cut off before the export, if nobody else had seen it. HEADS.txt and the event pack.exported
  name the newest event of every device that the exporting device knew.
- Entries of people marked "not attested": the device says who wrote them, nobody confirmed the device.
- Times are those of the devices' own clocks.

OTHER SYSTEMS (written down from documentation, not tested by us)
macOS:    shasum -a 256 -c tagmanifest-sha256.txt      shasum -a 256 -c manifest-sha256.txt      ssh-keygen as above
Windows:  certutil -hashfile FILE SHA256               compare with the manifest, file by file
          cmd /c "ssh-keygen -Y verify -f SIGNERS -I ${principal} -n ${packNamespace} -s signatures\\tagmanifest-sha256.txt.sig < tagmanifest-sha256.txt"
          py data\\verify.py
`;

export const checkerFiles = (facts: VerifyText): readonly PackFile[] => [
  textFile(verifyTxtPath, verifyText(facts)),
  textFile(verifyShPath, verifySh),
  textFile(verifyPyPath, verifyPy),
];
