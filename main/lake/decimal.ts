/** Exact decimals as text: sums and products of money and quantities never pass through a float. */
type Decimal = { readonly digits: bigint; readonly scale: number };

const read = (text: string): Decimal => {
  const [whole = '0', fraction = ''] = text.split('.');
  return { digits: BigInt(`${whole}${fraction}`), scale: fraction.length };
};

const print = ({ digits, scale }: Decimal): string => {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const fraction = scale === 0 ? '' : text.slice(-scale).replace(/0+$/, '');
  const whole = scale === 0 ? text : text.slice(0, -scale);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
};

/** Sum of two decimals; both are plain ("-12.50"), as `decimalOf` reads them. */
export const plus = (a: string, b: string): string => {
  const [x, y] = [read(a), read(b)];
  const scale = Math.max(x.scale, y.scale);
  const up = (one: Decimal): bigint => one.digits * 10n ** BigInt(scale - one.scale);
  return print({ digits: up(x) + up(y), scale });
};

export const times = (a: string, b: string): string => {
  const [x, y] = [read(a), read(b)];
  return print({ digits: x.digits * y.digits, scale: x.scale + y.scale });
};

/** For people: at most two places, cut off half up by size. */
export const rounded = (text: string): string => {
  const value = read(text);
  if (value.scale <= 2) return print(value);
  const unit = 10n ** BigInt(value.scale - 2);
  const size = value.digits < 0n ? -value.digits : value.digits;
  const cut = (size + unit / 2n) / unit;
  return print({ digits: value.digits < 0n ? -cut : cut, scale: 2 });
};
