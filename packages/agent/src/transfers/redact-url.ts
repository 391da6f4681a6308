// What of a URL may be seen. Pure. Records show it without user name and password; logs also without query values.

/** Without user name, password and fragment: what records, facts and messages show. */
export function publicUrl(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

/** As `publicUrl`, with every query value replaced: signed links carry their secret there. For logs. */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return '(not a URL)';
  const url = new URL(publicUrl(text));
  if (url.search === '') return url.href;
  const names = [...new Set(url.searchParams.keys())].map(name => `${encodeURIComponent(name.toWellFormed())}=…`);
  return `${url.origin}${url.pathname}?${names.join('&')}`;
}
