import { DuckDBTimestampValue, type DuckDBValue } from '@duckdb/node-api';
import { EngineError, type EngineParameter } from '../engine-port.ts';

const invalid = (p: EngineParameter): EngineError =>
  new EngineError(
    'CAST_INVALID_INPUT',
    '22018',
    `The value '${(p.value ?? '').slice(0, 40)}' of the type "STRING" cannot be cast to "${p.type}" because it is malformed.`,
  );

/** One parameter as a DuckDB value of its own type. Throws CAST_INVALID_INPUT. */
const duckValue = (p: EngineParameter): DuckDBValue => {
  const { value } = p;
  if (value === null) return null;
  const type = /^[A-Z_]+/.exec(p.type)?.[0] ?? 'STRING';
  switch (type) {
    case 'VOID':
      return null;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'INTEGER': {
      if (!/^[+-]?\d+$/.test(value)) throw invalid(p);
      return Number(value);
    }
    case 'BIGINT':
      if (!/^[+-]?\d+$/.test(value)) throw invalid(p);
      return BigInt(value);
    case 'FLOAT':
    case 'DOUBLE': {
      const number = Number(value);
      if (Number.isNaN(number) && value !== 'NaN') throw invalid(p);
      return number;
    }
    case 'BOOLEAN':
      if (!/^(true|false)$/i.test(value)) throw invalid(p);
      return /^true$/i.test(value);
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ': {
      // Date keeps milliseconds, a timestamp microseconds: the fraction is taken apart.
      const text = value.trim();
      const zone = /(?:Z|[+-]\d\d:?\d\d)$/.exec(text.slice(10))?.[0] ?? 'Z';
      const time = text.slice(10).replace(zone, '');
      const [clock = '', fraction = ''] = (time === '' ? 'T00:00:00' : time.replace(' ', 'T')).split('.');
      const seconds = Date.parse(`${text.slice(0, 10)}${clock}${zone}`);
      if (Number.isNaN(seconds) || !/^\d*$/.test(fraction)) throw invalid(p);
      return new DuckDBTimestampValue(BigInt(seconds) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0')));
    }
    default:
      // STRING; DATE and DECIMAL arrive as text and DuckDB casts them where they are compared.
      return value;
  }
};

/** The values that a statement uses, by DuckDB parameter name. */
export const bindValues = (
  uses: readonly string[],
  parameters: readonly EngineParameter[],
): Record<string, DuckDBValue> => {
  const positional = parameters.filter((p) => p.name === undefined);
  const bound: Record<string, DuckDBValue> = {};
  for (const name of uses) {
    const index = /^bw_p(\d+)$/.exec(name)?.[1];
    const parameter = index === undefined ? parameters.find((p) => p.name === name) : positional[Number(index)];
    if (parameter !== undefined) bound[name] = duckValue(parameter);
  }
  return bound;
};
