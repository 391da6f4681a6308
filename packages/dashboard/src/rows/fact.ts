// One line of opened details: a name and words. Pure.

export interface Fact {
  readonly name: string;
  readonly words: string;
  /** What a copy button copies; `null` where there is none. */
  readonly copy: string | null;
  /** True for paths, addresses and ids. */
  readonly isCode: boolean;
}

export const said = (name: string, words: string): Fact => ({ name, words, copy: null, isCode: false });
export const code = (name: string, words: string, copy: string | null = null): Fact => ({
  name,
  words,
  copy,
  isCode: true,
});
