// Header values of the opening handshake, as RFC 9110 §5.6 and RFC 6455 §9.1 write them: tokens and comma lists.

const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function isToken(value: string): boolean {
  return tokenPattern.test(value);
}

/** The members of a comma list, trimmed, without empty ones (RFC 9110 §5.6.1.2). */
export function listOf(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .split(',')
    .map(member => member.trim())
    .filter(member => member !== '');
}

/** True when the list has this member, without regard to case. */
export function hasMember(value: string | undefined, wanted: string): boolean {
  return listOf(value).some(member => member.toLowerCase() === wanted);
}
