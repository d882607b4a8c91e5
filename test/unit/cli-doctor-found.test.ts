import { describe, expect, it } from 'vitest';
import { foundFindings } from '../../main/cli/doctor-found.ts';

const nowhere = '/nonexistent/breakwater-profile';
const canary = 'dapiCANARYdoctor';
const httpPath = '/sql/1.0/warehouses/abc';
// A label of 64 letters is no name: nothing is sent anywhere, and the steps behind the look-up are skipped.
const host = 'x'.repeat(64) + '.cloud.databricks.com';
const configFile = `
[DEFAULT]
host = ${host}
token = ${canary}
[keyless]
host = ${'y'.repeat(64)}.cloud.databricks.com
http_path = ${httpPath}
`;
const lines = async (wanted: string, env: Record<string, string> = {}): Promise<string[]> => {
  const findings = await foundFindings(wanted, { env, configFile }, nowhere);
  expect(JSON.stringify(findings)).not.toContain('CANARY');
  return findings.map((one) => `${one.state} ${one.name}: ${one.detail}`);
};

describe('doctor on a connection that is not saved', () => {
  it('goes through its steps', async () => {
    const [from, settings, first, ...others] = await lines('DEFAULT', { DATABRICKS_HTTP_PATH: httpPath });
    expect(from).toBe(`fine connection: from ~/.databrickscfg [DEFAULT]: ${host}, with a token`);
    expect(settings).toBe(`fine · settings: ${host}${httpPath}`);
    expect(first).toMatch(/^wrong · DNS: /);
    expect(others.length).toBeGreaterThan(2);
    expect(others.every((line) => line.startsWith('note · '))).toBe(true);
  });

  it('takes the environment, and neither its path nor its token for another host', async () => {
    const env = { DATABRICKS_HOST: host, DATABRICKS_HTTP_PATH: httpPath, DATABRICKS_TOKEN: canary };
    expect((await lines('environment', env))[2]).toMatch(/^wrong · DNS: /);
    const other = { ...env, DATABRICKS_HOST: 'dbc-three.cloud.databricks.com' };
    expect((await lines('DEFAULT', other))[1]).toMatch(/^wrong connection: .*The HTTP path is missing/);
    // The CLI is asked for that host alone.
    const alone = await lines('keyless', { DATABRICKS_TOKEN: canary });
    expect(alone[0]).toMatch(/^fine connection: .*with the sign-in of the Databricks CLI/);
    expect(alone.join(' ')).not.toContain(canary);
  });

  it('says what there is when the name is not there', async () => {
    expect(await lines('nope')).toEqual([
      'wrong connection: nothing usable under "nope"; found with the host of a workspace: ~/.databrickscfg [DEFAULT], ~/.databrickscfg [keyless]',
    ]);
  });
});
