// The wire form of one message in an event stream (§4.2). Decides only.

/** Each line as `data: …`, then an empty line: one event, whose data is the text with `\n` between its lines. */
export function encodeEvent(text: string): string {
  if (!text.includes('\n')) return `data: ${text}\r\n\r\n`;
  const lines = text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line));
  return `${lines.map(line => `data: ${line}\r\n`).join('')}\r\n`;
}
