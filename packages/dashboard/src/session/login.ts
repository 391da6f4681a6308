// Getting in: the single-use code leaves the address at once and is exchanged for a token that lives in memory only.

/** The code in `/#code=…`; `null` when there is none. */
export function codeIn(fragment: string): string | null {
  const code = new URLSearchParams(fragment.replace(/^#/, '')).get('code');
  return code === null || code === '' ? null : code;
}

/** Takes the code out of the address bar and the history, so that nobody finds it there. */
export function takeCode(window: Window): string | null {
  const { location, history } = window;
  const code = codeIn(location.hash);
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

export type Login =
  | { readonly type: 'accepted'; readonly token: string }
  | { readonly type: 'failed'; readonly why: 'link-refused' | 'agent-unreachable' };

/** `POST /login`. Never throws: every way it can fail is one of two things to say to the reader. */
export async function logIn(code: string, timeoutMs: number): Promise<Login> {
  try {
    const response = await fetch('/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code }),
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return loginFrom(response.status, response.ok ? await response.json() : null);
  } catch {
    return { type: 'failed', why: 'agent-unreachable' };
  }
}

/** What an answer of `/login` means: `{ token, role }`, or a code that is wrong, used or too old (401). */
export function loginFrom(status: number, answer: unknown): Login {
  if (status >= 400 && status < 500) return { type: 'failed', why: 'link-refused' };
  const hasToken = typeof answer === 'object' && answer !== null && 'token' in answer;
  if (!hasToken || typeof answer.token !== 'string' || answer.token === '') {
    return { type: 'failed', why: 'agent-unreachable' };
  }
  return { type: 'accepted', token: answer.token };
}
