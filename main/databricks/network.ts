import { databricksFailure } from './failures.ts';
import type { DatabricksFailure, DatabricksTag } from './port.ts';

/** Codes of Node's network and TLS errors, by what a person can do about them. */
const certificate = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_UNTRUSTED', 'CERT_REVOKED', 'CERT_SIGNATURE_FAILURE', 'HOSTNAME_MISMATCH', 'INVALID_CA', 'CERT_REJECTED',
]); // prettier-ignore
/** The request never left, so the server cannot have acted on it. */
const notSent = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN', 'ENETDOWN',
]); // prettier-ignore
/** The request may have arrived: only a read may be sent again. */
const broken = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ESOCKETTIMEDOUT', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'EPROTO']); // prettier-ignore

export type NetworkKind = 'certificate' | 'not-sent' | 'broken' | 'proxy';

const codeOf = (thrown: unknown): string => {
  if (typeof thrown !== 'object' || thrown === null) return '';
  const { code, cause, errno } = thrown as { code?: unknown; cause?: unknown; errno?: unknown };
  if (typeof code === 'string') return code;
  if (typeof errno === 'string') return errno;
  return cause === undefined ? '' : codeOf(cause);
};

/** Which kind of network error this is, or undefined when it is none. */
export const networkKind = (thrown: unknown): { readonly kind: NetworkKind; readonly code: string } | undefined => {
  const code = codeOf(thrown);
  // A refusal of the proxy (transport.ts): nothing reached the workspace.
  if (code.startsWith('PROXY_')) return { kind: 'proxy', code };
  if (certificate.has(code)) return { kind: 'certificate', code };
  if (notSent.has(code)) return { kind: 'not-sent', code };
  if (broken.has(code)) return { kind: 'broken', code };
  const message = thrown instanceof Error ? thrown.message : '';
  if (/socket hang up|premature close|other side closed|network socket disconnected/i.test(message))
    return { kind: 'broken', code: code === '' ? 'ECONNRESET' : code };
  return undefined;
};

/** The tag for a network error: a broken write is a lost reply, everything else is being offline. */
const networkTag = (kind: NetworkKind, effect: 'read' | 'write'): DatabricksTag => {
  if (kind === 'certificate') return 'BadCertificate';
  return kind === 'broken' && effect === 'write' ? 'ReplyLost' : 'Offline';
};

/** The failure for whatever the network threw, or undefined when it is no matter of the network. */
export const networkFailure = (thrown: unknown, effect: 'read' | 'write'): DatabricksFailure | undefined => {
  const found = networkKind(thrown);
  if (found === undefined) return undefined;
  const { kind, code } = found;
  if (kind !== 'proxy') return databricksFailure(networkTag(kind, effect), { effect, code });
  return databricksFailure('Offline', {
    effect,
    code,
    detail: `The proxy refused to connect us (${code.slice('PROXY_'.length)}).`,
    advice:
      code === 'PROXY_407'
        ? 'Correct user and password of the proxy in the connection settings.'
        : 'Ask whoever runs the proxy to allow the host of the workspace, or name another proxy.',
  });
};
