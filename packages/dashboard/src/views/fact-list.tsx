// Names and words in two columns, with a button to copy what is worth it.
import type { Fact } from '../rows/fact.ts';
import { CopyButton } from './copy-button.tsx';

export const FactList = ({ facts }: { facts: readonly Fact[] }) => (
  <dl class="known">
    {facts.map(({ name, words, copy, isCode }) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>
          {isCode ? <code>{words}</code> : words}
          {copy === null ? null : <CopyButton text={copy} label={`Copy: ${name}`} />}
        </dd>
      </div>
    ))}
  </dl>
);
