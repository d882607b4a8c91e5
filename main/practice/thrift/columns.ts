import Int64 from 'node-int64';
import type { EngineColumn, EnginePage } from '../engine-port.ts';
import { T } from './generated.ts';

const typeIds: Readonly<Record<string, (typeof T.TTypeId)[keyof typeof T.TTypeId]>> = {
  BOOLEAN: T.TTypeId.BOOLEAN_TYPE,
  TINYINT: T.TTypeId.TINYINT_TYPE,
  SMALLINT: T.TTypeId.SMALLINT_TYPE,
  INT: T.TTypeId.INT_TYPE,
  BIGINT: T.TTypeId.BIGINT_TYPE,
  FLOAT: T.TTypeId.FLOAT_TYPE,
  DOUBLE: T.TTypeId.DOUBLE_TYPE,
  DATE: T.TTypeId.DATE_TYPE,
  TIMESTAMP: T.TTypeId.TIMESTAMP_TYPE,
  BINARY: T.TTypeId.BINARY_TYPE,
  DECIMAL: T.TTypeId.DECIMAL_TYPE,
  ARRAY: T.TTypeId.ARRAY_TYPE,
  MAP: T.TTypeId.MAP_TYPE,
  STRUCT: T.TTypeId.STRUCT_TYPE,
};

const base = (type: string): string => (/^\w+/.exec(type)?.[0] ?? 'STRING').toUpperCase();

/** `position` counts from 1: the driver takes values by it, and a wrong one shifts them without an error (spark.md 10.2). */
export const columnDesc = (column: EngineColumn, index: number): InstanceType<typeof T.TColumnDesc> => {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(column.type);
  const entry = new T.TPrimitiveTypeEntry({
    type: typeIds[base(column.type)] ?? T.TTypeId.STRING_TYPE,
    ...(decimal === null
      ? {}
      : {
          typeQualifiers: new T.TTypeQualifiers({
            qualifiers: {
              precision: new T.TTypeQualifierValue({ i32Value: Number(decimal[1]) }),
              scale: new T.TTypeQualifierValue({ i32Value: Number(decimal[2]) }),
            },
          }),
        }),
  });
  return new T.TColumnDesc({
    columnName: column.name,
    position: index + 1,
    typeDesc: new T.TTypeDesc({ types: [new T.TTypeEntry({ primitiveEntry: entry })] }),
  });
};

/** LSB-first bitmap of nulls. */
const nullBits = (values: readonly (string | null)[]): Buffer => {
  const bits = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) if (value === null) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  return bits;
};

const int64 = (text: string | null): Int64 => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(text ?? '0')));
  return new Int64(bytes, 0);
};

/** A result page as columns. A cell that does not fit its declared type (a planted fault) goes out as text of that column. */
const column = (type: string, values: readonly (string | null)[]): InstanceType<typeof T.TColumn> => {
  const nulls = nullBits(values);
  const numbers = (): number[] => values.map((v) => Number(v ?? 0));
  const whole = values.every((v) => v === null || /^-?\d+$/.test(v));
  switch (base(type)) {
    case 'BOOLEAN':
      return new T.TColumn({ boolVal: new T.TBoolColumn({ values: values.map((v) => v === 'true'), nulls }) });
    case 'TINYINT':
      if (whole) return new T.TColumn({ byteVal: new T.TByteColumn({ values: numbers(), nulls }) });
      break;
    case 'SMALLINT':
      if (whole) return new T.TColumn({ i16Val: new T.TI16Column({ values: numbers(), nulls }) });
      break;
    case 'INT':
      if (whole) return new T.TColumn({ i32Val: new T.TI32Column({ values: numbers(), nulls }) });
      break;
    case 'BIGINT':
      if (whole) return new T.TColumn({ i64Val: new T.TI64Column({ values: values.map(int64), nulls }) });
      break;
    case 'FLOAT':
    case 'DOUBLE':
      return new T.TColumn({ doubleVal: new T.TDoubleColumn({ values: numbers(), nulls }) });
    case 'BINARY':
      return new T.TColumn({
        binaryVal: new T.TBinaryColumn({ values: values.map((v) => Buffer.from(v ?? '', 'base64')), nulls }),
      });
    default:
      break;
  }
  return new T.TColumn({ stringVal: new T.TStringColumn({ values: values.map((v) => v ?? ''), nulls }) });
};

export const rowSet = (
  columns: readonly EngineColumn[],
  page: EnginePage,
  offset: number,
): InstanceType<typeof T.TRowSet> =>
  new T.TRowSet({
    startRowOffset: new Int64(offset),
    rows: [],
    // Empty columns, not no columns, on the last page: the Python connector glues pages column by column.
    columns: columns.map((c, i) => column(c.type, page.columns[i] ?? [])),
  });
