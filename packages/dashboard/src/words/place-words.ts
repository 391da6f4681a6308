// Where a transfer comes from and goes to, safe to look at: no passwords, no query (it may carry a token), and no
// characters that could turn a name around or hide part of it. Pure.

/** Control characters, bidirectional overrides and the invisible ones. */
const deceptive = /[\p{Cc}\u{061C}\u{200B}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2060}\u{2066}-\u{2069}\u{FEFF}]/gu;

/** Text from outside that can be looked at. */
export const plain = (text: string): string => text.replace(deceptive, '\u{FFFD}');

/** `cdn.example.com`, `127.0.0.1:8080`; the text itself when it is no URL. */
export function hostInWords(url: string): string {
  return plain(URL.canParse(url) ? new URL(url).host : url);
}

/** The address without user, password, query and fragment. */
export function addressInWords(url: string): string {
  if (!URL.canParse(url)) return plain(url);
  const { protocol, host, pathname, search } = new URL(url);
  return plain(`${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`);
}

export interface FileInWords {
  readonly name: string;
  /** The name in two parts, so that a long one can be shortened in the middle and keeps its ending. */
  readonly head: string;
  readonly tail: string;
  readonly folder: string;
  readonly path: string;
}

const tailLength = 12;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function fileInWords(file: string): FileInWords {
  const path = plain(file);
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const letters = [...graphemes.segment(name)].map(part => part.segment);
  const cut = letters.length > 2 * tailLength ? letters.length - tailLength : letters.length;
  return {
    name,
    head: letters.slice(0, cut).join(''),
    tail: letters.slice(cut).join(''),
    folder: slash <= 0 ? '/' : path.slice(0, slash),
    path,
  };
}
