// Named sets of members, readable in both directions: the members of a name, and (to leave them all at once) the names
// of a member. Groups and users are one of these each. A set that becomes empty is gone.

const none: ReadonlySet<never> = new Set<never>();

export class Membership<Member extends object> {
  /** Names one member may be under. */
  readonly limit: number;
  readonly #members = new Map<string, Set<Member>>();
  readonly #names = new Map<Member, Set<string>>();

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.limit = limit;
  }

  /** Idempotent. False when the member is under `limit` names already. */
  add(name: string, member: Member): boolean {
    let names = this.#names.get(member);
    if (names?.has(name)) return true;
    if ((names?.size ?? 0) >= this.limit) return false;
    if (names === undefined) {
      names = new Set();
      this.#names.set(member, names);
    }
    names.add(name);
    const members = this.#members.get(name);
    if (members === undefined) this.#members.set(name, new Set([member]));
    else members.add(member);
    return true;
  }

  /** False when it was not under that name. */
  remove(name: string, member: Member): boolean {
    const names = this.#names.get(member);
    if (names?.delete(name) !== true) return false;
    if (names.size === 0) this.#names.delete(member);
    this.#leave(name, member);
    return true;
  }

  /** The names it was under. */
  removeEverywhere(member: Member): ReadonlySet<string> {
    const names = this.names(member);
    for (const name of names) this.#leave(name, member);
    this.#names.delete(member);
    return names;
  }

  names(member: Member): ReadonlySet<string> {
    return this.#names.get(member) ?? none;
  }

  members(name: string): ReadonlySet<Member> {
    return this.#members.get(name) ?? none;
  }

  #leave(name: string, member: Member): void {
    const members = this.#members.get(name);
    members?.delete(member);
    if (members?.size === 0) this.#members.delete(name);
  }
}
