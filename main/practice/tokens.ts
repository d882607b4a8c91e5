import { timingSafeEqual } from 'node:crypto';

/**
 * One secret, many people: `<secret>` is the default user, `<secret>.<name>` is `<name>@practice.example`. So a second device can be
 * somebody else without a user directory.
 */
export const tokenFor = (secret: string, name: string): string => `${secret}.${name}`;

const same = (a: string, b: string): boolean => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
};

/** Who sent an Authorization header: 'none' without a bearer token, 'wrong' with one that is not ours. */
export const userOf = (
  header: string | undefined,
  secret: string,
  defaultUser: string,
): { readonly email: string } | 'none' | 'wrong' => {
  const token = /^Bearer (\S+)$/.exec(header ?? '')?.[1];
  if (token === undefined) return 'none';
  if (same(token, secret)) return { email: defaultUser };
  const name = token.slice(secret.length + 1);
  if (
    same(token.slice(0, secret.length), secret) &&
    token[secret.length] === '.' &&
    /^[a-z][a-z0-9._-]{0,40}$/.test(name)
  )
    return { email: `${name}@practice.example` };
  return 'wrong';
};
