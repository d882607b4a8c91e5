import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';

/** DuckDB result type → Databricks type text (see EngineColumn). */
export const columnType = (type: DuckDBType): string => {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return 'BOOLEAN';
    case DuckDBTypeId.TINYINT:
      return 'TINYINT';
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.UTINYINT:
      return 'SMALLINT';
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.USMALLINT:
      return 'INT';
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UINTEGER:
      return 'BIGINT';
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.UBIGINT:
      // DuckDB sums BIGINT into HUGEINT, Databricks stays BIGINT.
      return 'BIGINT';
    case DuckDBTypeId.FLOAT:
      return 'FLOAT';
    case DuckDBTypeId.DOUBLE:
      return 'DOUBLE';
    case DuckDBTypeId.DATE:
      return 'DATE';
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_NS:
      return 'TIMESTAMP';
    case DuckDBTypeId.BLOB:
      return 'BINARY';
    case DuckDBTypeId.SQLNULL:
      return 'VOID';
    case DuckDBTypeId.DECIMAL:
      return 'width' in type && 'scale' in type ? `DECIMAL(${type.width},${type.scale})` : 'STRING';
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return 'valueType' in type ? `array<${columnType(type.valueType).toLowerCase()}>` : 'STRING';
    case DuckDBTypeId.MAP:
      return 'keyType' in type && 'valueType' in type
        ? `map<${columnType(type.keyType).toLowerCase()},${columnType(type.valueType).toLowerCase()}>`
        : 'STRING';
    case DuckDBTypeId.STRUCT: {
      if (!('entryNames' in type) || !('entryTypes' in type)) return 'STRING';
      const types = type.entryTypes;
      return `struct<${type.entryNames.map((name, i) => `${name}:${types[i] === undefined ? 'void' : columnType(types[i]).toLowerCase()}`).join(',')}>`;
    }
    default:
      return 'STRING';
  }
};

const doubleText = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return Object.is(value, -0) ? '-0.0' : String(value);
};

/** Text of one value; complex values become JSON text. */
export const valueText = (value: DuckDBValue): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return doubleText(value);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64');
  if (value instanceof DuckDBTimestampTZValue) return new DuckDBTimestampValue(value.micros).toString();
  if (value instanceof DuckDBStructValue || value instanceof DuckDBListValue || value instanceof DuckDBMapValue)
    return jsonText(value);
  return String(value);
};

/** JSON written by hand: JSON.stringify would need numbers, and a BIGINT does not fit into one. */
const jsonText = (value: DuckDBValue): string => {
  if (value === null || value === undefined) return 'null';
  if (value instanceof DuckDBListValue) return `[${value.items.map(jsonText).join(',')}]`;
  if (value instanceof DuckDBStructValue)
    return `{${Object.entries(value.entries)
      .map(([name, entry]) => `${JSON.stringify(name)}:${jsonText(entry)}`)
      .join(',')}}`;
  if (value instanceof DuckDBMapValue)
    return `{${value.entries.map((e) => `${JSON.stringify(valueText(e.key) ?? 'null')}:${jsonText(e.value)}`).join(',')}}`;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : JSON.stringify(doubleText(value));
  if (value instanceof DuckDBDecimalValue) return value.toString();
  if (value instanceof DuckDBDateValue) return JSON.stringify(value.toString());
  return JSON.stringify(valueText(value));
};
