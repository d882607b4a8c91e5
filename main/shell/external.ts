/** Hosts that a link in a room may open in the system browser. Exact names, or any name below one that starts with a dot. */
const allowedHosts = [
  '.cloud.databricks.com',
  '.azuredatabricks.net',
  '.gcp.databricks.com',
  '.cloud.databricks.us',
  '.cloud.databricks.mil',
  '.databricks.azure.us',
  '.databricks.azure.cn',
  'docs.databricks.com',
  'learn.microsoft.com',
] as const;

export type ExternalDecision = { readonly open: string; readonly host: string } | { readonly refused: string };

/**
 * May this address be handed to the system browser? Only https, an allowed host, no user, no port, no bare address; or word for
 * word the page of a sign-in that the core itself waits for (`offered`), wherever that workspace lies: practice has a port, a
 * company may have a name of its own. The caller asks the person first, and shows the host.
 */
export const externalDecision = (address: string, offered = ''): ExternalDecision => {
  const url = address.length <= 2048 && URL.canParse(address) ? new URL(address) : null;
  if (url === null) return { refused: 'That is not an address.' };
  if (url.protocol !== 'https:') return { refused: 'Only https addresses are opened.' };
  if (address === offered && url.username === '' && url.password === '') return { open: url.href, host: url.host };
  if (url.username !== '' || url.password !== '' || url.port !== '')
    return { refused: 'An address with a user or a port is not opened.' };
  const host = url.hostname;
  const known = allowedHosts.some((allowed) =>
    allowed.startsWith('.') ? host.endsWith(allowed) && host.length > allowed.length : host === allowed,
  );
  return known ? { open: url.href, host } : { refused: `${host} is not a place that Breakwater opens.` };
};
