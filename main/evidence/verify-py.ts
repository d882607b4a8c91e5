/** `data/verify.py`: the standard-library checker that travels in every pack. Its bytes are part of the pack's version. */
export const verifyPy = String.raw`#!/usr/bin/env python3
"""Checks a Breakwater evidence pack (version 1) with the Python standard library.

Run it inside the pack's folder:  python3 data/verify.py
It checks manifests, extra and missing files, hash chains, heads, device keys, the newest signature of every stream and
disclosures. It does NOT check who signed the pack: ssh-keygen does, see VERIFY.txt.
Exit code 0 = nothing wrong, 1 = something is wrong; every finding is one line.
"""
import base64
import hashlib
import json
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ZERO = "0" * 64
TAG_FILES = {"bag-info.txt", "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
SIGNATURES = {"signatures/tagmanifest-sha256.txt.sig", "signatures/allowed_signers"}
problems = []


def problem(where, what):
    problems.append(where)
    print("WRONG %s: %s" % (where, what))


def full(path):
    return os.path.join(TOP, *path.split("/"))


def sha256_file(path):
    digest = hashlib.sha256()
    with open(full(path), "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def b64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64u_sha256(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def lines_of(path):
    with open(full(path), "rb") as file:
        for raw in file:
            yield raw


def every_file():
    for folder, _, names in os.walk(TOP):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), TOP).replace(os.sep, "/")


def check_manifests():
    found = set(every_file())
    for manifest, covered in (
        ("tagmanifest-sha256.txt", {"bag-info.txt", "bagit.txt", "manifest-sha256.txt"}),
        ("manifest-sha256.txt", {path for path in found if path.startswith("data/")}),
    ):
        listed = {}
        for raw in lines_of(manifest):
            digest, _, path = raw.decode("utf-8").rstrip("\n").partition("  ")
            listed[path] = digest
        for path in sorted(set(listed) - covered):
            problem(path, "listed in %s, but not here" % manifest)
        for path in sorted(covered - set(listed)):
            problem(path, "added: not listed in %s" % manifest)
        for path in sorted(set(listed) & covered):
            if not os.path.isfile(full(path)) or sha256_file(path) != listed[path]:
                problem(path, "changed: not the bytes that %s lists" % manifest)
    for path in sorted(found):
        if not path.startswith("data/") and path not in TAG_FILES | SIGNATURES:
            problem(path, "added: a pack has no such file")


# Ed25519 (RFC 8032), slow and plain: one signature for each stream.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_holds(pub, message, signature):
    try:
        key, r = point_of(pub), point_of(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + pub + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(k, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


def check_chain(path, digests, heads, exports):
    device = path.rsplit("/", 1)[1].split(".")[0]
    previous, count, pub, line = ZERO, 0, None, None
    signatures = lines_of(path.replace(".chain.", ".sigs."))
    signature = None
    for raw in lines_of(path):
        count += 1
        where = "%s line %d" % (path, count)
        try:
            line = json.loads(raw)
            signature = json.loads(next(signatures, b"null")) or {}
        except ValueError:
            return problem(where, "not JSON")
        if not raw.endswith(b"\n") or line.get("prev") != previous or line.get("seq") != count or line.get("dev") != device:
            return problem(where, "the chain is broken here: changed, removed or moved")
        previous = hashlib.sha256(raw).hexdigest()
        if signature.get("seq") != count or signature.get("hash") != previous:
            return problem(where, "its signature belongs to another line")
        if count == 1:
            pub = b64u(str(line.get("c", {}).get("pub", "")))
            if line.get("type") != "stream.opened" or b64u_sha256(pub) != device:
                return problem(where, "the stream does not begin with this device's key")
        for digest in line.get("_sd", []):
            digests.add(digest)
        if line.get("type") == "pack.exported":
            exports.append(line)
    if count and not signature_holds(pub, b"breakwater-event-1\n" + previous.encode(), b64u(signature.get("sig", ""))):
        problem("%s line %d" % (path, count), "the device's signature does not hold")
    if next(signatures, None) is not None:
        problem(path, "more signatures than lines")
    heads[path[len("data/20-timeline/"):]] = (count, previous, line.get("log") if line else None)
    return None


def check_log():
    digests, heads, exports = set(), {}, []
    for path in sorted(every_file()):
        if path.startswith("data/20-timeline/") and path.endswith(".chain.jsonl"):
            check_chain(path, digests, heads, exports)
    listed = {}
    for raw in lines_of("data/20-timeline/HEADS.txt"):
        name, count, head = raw.decode().split()
        listed[name] = (int(count), head)
    for name in sorted(set(listed) | set(heads)):
        if listed.get(name) != (heads.get(name) or (0, "", None))[:2]:
            problem("data/20-timeline/" + name, "HEADS.txt and the chain do not end at the same event: a tail was cut or added")
    info = dict(raw.decode().rstrip("\n").partition(": ")[::2] for raw in lines_of("bag-info.txt"))
    exporter = info.get("Breakwater-Signer", "").partition("/")[2]
    end = heads.get("%s.chain.jsonl" % exporter, (0, "", None))[0]
    stated = [line for line in exports if line["dev"] == exporter and line["seq"] == end]
    if not stated:
        problem("data/20-timeline", "cut tail: the exporting device's stream does not end with pack.exported")
    for log, streams in (stated[0]["c"]["heads"] if stated else {}).items():
        folder = "org/" if log.startswith("org:") else ""
        for device, (count, head) in streams.items():
            have = heads.get("%s%s.chain.jsonl" % (folder, device))
            if device != "*" and (have is None or have[0] < count or (have[0] == count and have[1] != head)):
                problem("%s%s" % (folder, device), "cut tail: at the export event %d was there" % count)
    told = 0
    for number, raw in enumerate(lines_of("data/90-disclosures/disclosures.jsonl"), 1):
        told += 1
        entry = json.loads(raw)
        if b64u_sha256(entry["d"].encode()) != entry["digest"] or entry["digest"] not in digests:
            problem("disclosures.jsonl line %d" % number, "no line of the log has its digest")
    return sum(head[0] for head in heads.values()), len(heads), told, len(digests)


def main():
    try:
        check_manifests()
        events, streams, told, digests = check_log()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        problem("the pack", "cannot be read: %s" % error)
    if problems:
        print("REFUSED: %d findings" % len(problems))
        return 1
    print("OK %d events in %d streams; %d of %d disclosures are here" % (events, streams, told, digests))
    print("The files and the log are whole. Who signed them is not checked here: see VERIFY.txt, step 3.")
    return 0


sys.exit(main())
`;
