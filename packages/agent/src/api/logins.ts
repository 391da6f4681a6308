// Login codes and dashboard sessions: which code lets a browser in, which token is a session. Pure but for the secrets
// themselves, which are given in; `now` is an argument. Everything here dies with the agent.
import type { ApiLimits } from '../options.ts';
import { isSameToken, tokenDigest } from '../platform/tokens.ts';

export type LoginAnswer =
  | { readonly kind: 'let-in'; readonly token: string }
  | { readonly kind: 'wrong-code' }
  | { readonly kind: 'closed'; readonly retryAfterMs: number };

type Limits = Pick<ApiLimits, 'loginCodeMs' | 'maxLoginCodes' | 'maxWrongCodes' | 'wrongCodeWindowMs' | 'maxSessions'>;

export class Logins {
  readonly #limits: Limits;
  readonly #newSecret: () => string;
  #codes: { readonly code: string; readonly until: number }[] = [];
  #wrongAt: number[] = [];
  /** Digests of session tokens, oldest first. */
  readonly #sessions = new Set<string>();

  constructor(limits: Limits, newSecret: () => string) {
    this.#limits = limits;
    this.#newSecret = newSecret;
  }

  /** A code for the owner's new link. Asking for one also opens a login that wrong codes had closed: the owner is here. */
  createCode(now: number): string {
    const code = this.#newSecret();
    this.#wrongAt = [];
    this.#codes = [...this.#validCodes(now), { code, until: now + this.#limits.loginCodeMs }].slice(
      -this.#limits.maxLoginCodes,
    );
    return code;
  }

  /** Exchanges a code for a session's token, once. */
  login(given: string, now: number): LoginAnswer {
    this.#wrongAt = this.#wrongAt.filter(at => now - at < this.#limits.wrongCodeWindowMs);
    const [firstWrong] = this.#wrongAt;
    if (firstWrong !== undefined && this.#wrongAt.length >= this.#limits.maxWrongCodes) {
      return { kind: 'closed', retryAfterMs: firstWrong + this.#limits.wrongCodeWindowMs - now };
    }
    const codes = this.#validCodes(now);
    const rest = codes.filter(({ code }) => !isSameToken(given, code));
    this.#codes = rest;
    if (rest.length === codes.length) {
      this.#wrongAt.push(now);
      return { kind: 'wrong-code' };
    }
    return { kind: 'let-in', token: this.#createSession() };
  }

  isSession(token: string): boolean {
    return this.#sessions.has(tokenDigest(token));
  }

  #validCodes(now: number) {
    return this.#codes.filter(({ until }) => now < until);
  }

  #createSession(): string {
    const token = this.#newSecret();
    const [oldest] = this.#sessions;
    if (oldest !== undefined && this.#sessions.size >= this.#limits.maxSessions) this.#sessions.delete(oldest);
    this.#sessions.add(tokenDigest(token));
    return token;
  }
}
