export type Core = { readonly run: () => void };
