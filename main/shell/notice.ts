import type { Failure } from '../../shared/base/failure.ts';
import { pageHeaders } from '../../shared/domain/content-policy.ts';
import type { Answer } from './assets.ts';

export const noticePath = '/notice';
/** Following this link starts the core again. */
export const againPath = '/again';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign);

/**
 * A page without script or style, for when nothing else can be shown: what happened, what is safe, what to do, and the detail
 * that a person can copy. Every word is escaped; the policy of all pages holds here too.
 */
export const noticePage = (failure: Failure, detail: string): Answer => ({
  status: 200,
  headers: { ...pageHeaders, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="dark light"><title>Breakwater</title></head>
<body>
<main>
<h1>${escaped(failure.what)}</h1>
<p>${escaped(failure.safe)}</p>
<p>${escaped(failure.advice)}</p>
<p><a href="${againPath}">Start it again</a></p>
<pre>${escaped([failure.tag, failure.code ?? '', detail].filter((line) => line !== '').join('\n'))}</pre>
</main>
</body>
</html>
`,
});
