import type { CallInput } from '../../../shared/contract/calls.ts';
import type { Draft } from '../../model/index.ts';

export type NetworkDraft = { readonly proxy: string; readonly caFile: string; readonly systemCa: boolean };
export const usualNetwork: NetworkDraft = { proxy: '', caFile: '', systemCa: false };

export const isUsual = ({ proxy, caFile, systemCa }: NetworkDraft): boolean =>
  proxy.trim() === '' && caFile.trim() === '' && !systemCa;

/** What the calls take; nothing where all is as usual. */
export const networkInput = (draft: NetworkDraft): Pick<CallInput<'connection.test'>, 'network'> => {
  if (isUsual(draft)) return {};
  const [proxy, caFile] = [draft.proxy.trim(), draft.caFile.trim()];
  return { network: { systemCa: draft.systemCa, caFile, proxy: proxy === '' ? 'environment' : proxy } };
};

/** User and password, as far as they may reach, taken out of the address of the proxy: the core has them once they are saved. */
export const withoutCredentials = (draft: NetworkDraft): NetworkDraft => {
  const proxy = draft.proxy.trim();
  const end = proxy.lastIndexOf('@') + 1;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(proxy)?.[0] ?? '';
  return { ...draft, proxy: end === 0 ? proxy : `${scheme}${proxy.slice(end)}` };
};

/** Kept beside host and path, which outlive the screen as well: saving them again must not go another way than before. */
export const draftOfNetwork = ({ proxy, caFile, systemCa }: NetworkDraft): Draft => ({
  proxy,
  caFile,
  systemCa: systemCa ? 'yes' : '',
});
export const networkOfDraft = (draft: Draft): NetworkDraft => ({
  proxy: draft['proxy'] ?? '',
  caFile: draft['caFile'] ?? '',
  systemCa: draft['systemCa'] === 'yes',
});
