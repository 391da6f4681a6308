// PURE. The name of a downloaded file when none is given: the last segment of the URL's path, made harmless.
// Decoded first, then cut: `%2e%2e%2f` must not become a way out of the folder.

/** What the URL names nothing by. */
const fallbackName = 'download';
/** The longest file name of Linux's file systems. Bytes. */
const maxNameBytes = 255;
/** Room for `.part` and an id beside the target. Bytes. */
const maxStemBytes = maxNameBytes - 60;
/** Controls, the separators of any system, and characters that turn the direction of text or are invisible. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
const forbidden = /[\u0000-\u001f\u007f-\u009f/\\:\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/gu;

export function fileNameFromUrl(url: URL): string {
  const segment = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  const decoded = decode(segment);
  const last = decoded.slice(Math.max(decoded.lastIndexOf('/'), decoded.lastIndexOf('\\')) + 1);
  const name = last
    .normalize('NFC')
    .replace(forbidden, '_')
    // No hidden files, no `.` and `..`, nothing that a command would take for an option.
    .replace(/^[.\s~-]+/u, '')
    .replace(/[.\s]+$/u, '');
  return name === '' ? fallbackName : shortened(name);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** At most 195 bytes, so that the agent's own names beside it fit too; the extension stays when it is a short one. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= maxStemBytes) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= 20 ? name.slice(dot) : '';
  let stem = name.slice(0, name.length - extension.length);
  const characters = [...stem];
  while (Buffer.byteLength(stem) + Buffer.byteLength(extension) > maxStemBytes) {
    characters.pop();
    stem = characters.join('');
  }
  return stem + extension;
}
