/** A nominal type over a primitive: `Brand<string, 'Hash'>` is a string that only its maker may produce. */
declare const brandKey: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brandKey]: Name };
