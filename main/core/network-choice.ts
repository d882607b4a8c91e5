import type { Failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Network, Proxy } from '../databricks/port.ts';
import { parseProxy, proxyOfEnvironment } from '../databricks/proxy.ts';

/** What somebody chose for a connection. `proxy`: `environment`, `none`, or an address without credentials. */
export type NetworkChoice = { readonly caFile: string; readonly systemCa: boolean; readonly proxy: string };
export const standardNetwork: NetworkChoice = { caFile: '', systemCa: false, proxy: 'environment' };

/** As it lies in the settings; whatever is missing there is as usual. */
export const networkIn = (value: JsonValue | undefined): NetworkChoice => {
  const { caFile, systemCa, proxy } = isJsonObject(value) ? value : {};
  return {
    caFile: typeof caFile === 'string' ? caFile : '',
    systemCa: systemCa === true,
    proxy: typeof proxy === 'string' && proxy !== '' ? proxy : 'environment',
  };
};

/** A given choice with the credentials of its proxy taken out: they belong to the secrets. Failure: no usable address. */
export const splitProxy = (
  given: NetworkChoice,
): Result<{ readonly choice: NetworkChoice; readonly credentials: JsonObject | null }, Failure> => {
  if (given.proxy === 'environment' || given.proxy === 'none') return ok({ choice: given, credentials: null });
  const proxy = parseProxy(given.proxy);
  if (!proxy.ok) return proxy;
  const { url, ...credentials } = proxy.value;
  return ok({
    choice: { ...given, proxy: url },
    credentials: Object.keys(credentials).length === 0 ? null : { ...credentials },
  });
};

export type Reach = { readonly caFile?: string; readonly network?: Network };

/** What a connection to `host` goes through. Failure: HTTPS_PROXY names no usable address. */
export const reachOf = (
  choice: NetworkChoice,
  credentials: JsonValue | undefined,
  env: Readonly<Record<string, string | undefined>>,
  host: string,
): Result<Reach, Failure> => {
  const proxy = proxyOf(choice.proxy, credentials, env, host);
  if (!proxy.ok) return proxy;
  const network: Network = {
    ...(choice.systemCa ? { systemCa: true } : {}),
    ...(proxy.value === null ? {} : { proxy: proxy.value }),
  };
  return ok({
    ...(choice.caFile === '' ? {} : { caFile: choice.caFile }),
    ...(Object.keys(network).length === 0 ? {} : { network }),
  });
};

const proxyOf = (
  chosen: string,
  credentials: JsonValue | undefined,
  env: Readonly<Record<string, string | undefined>>,
  host: string,
): Result<Proxy | null, Failure> => {
  if (chosen === 'none') return ok(null);
  if (chosen === 'environment') return proxyOfEnvironment(env, host);
  const { username, password } = isJsonObject(credentials) ? credentials : {};
  return ok({
    url: chosen,
    ...(typeof username === 'string' ? { username } : {}),
    ...(typeof password === 'string' ? { password } : {}),
  });
};
