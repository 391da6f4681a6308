// One choice out of presets, or a value of one's own that may be refused in words: the form of every limit on the page.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export type Given<Value> =
  | { readonly type: 'value'; readonly value: Value }
  | { readonly type: 'refused'; readonly words: string };

export interface PresetFormProps<Value> {
  /** What is chosen, for a screen reader. */
  readonly label: string;
  readonly presets: readonly Value[];
  readonly current: Value | null;
  readonly inWords: (preset: Value) => string;
  /** The value of one's own as it is typed at first. */
  readonly typed: string;
  readonly own: { readonly label: string; readonly inputMode: 'numeric' | 'decimal'; readonly maxLength: number };
  readonly parse: (text: string) => Given<Value>;
  /** False while nothing can be asked of the agent. */
  readonly isLive: boolean;
  readonly onChoose: (value: Value) => void;
  /** Behind the text, such as its unit. */
  readonly children?: ComponentChildren;
}

export function PresetForm<Value extends string | number | null>(props: PresetFormProps<Value>) {
  const { label, presets, current, inWords, typed, own, parse, isLive, onChoose, children } = props;
  const [text, setText] = useState(typed);
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = parse(text);
    setRefusal(given.type === 'refused' ? given.words : null);
    if (given.type === 'value' && isLive) onChoose(given.value);
  };
  return (
    <form class="limit" aria-label={label} onSubmit={submit}>
      <div class="choice">
        {presets.map(preset => (
          <button
            type="button"
            key={preset}
            aria-pressed={preset === current}
            aria-disabled={!isLive}
            onClick={() => {
              if (isLive) onChoose(preset);
            }}
          >
            {inWords(preset)}
          </button>
        ))}
        <span class="own">
          <input
            type="text"
            inputmode={own.inputMode}
            aria-label={own.label}
            placeholder="Another"
            maxLength={own.maxLength}
            autocomplete="off"
            value={text}
            aria-invalid={refusal !== null}
            onInput={event => setText(event.currentTarget.value)}
          />
          {children}
          <button type="submit" aria-disabled={!isLive}>
            Set
          </button>
        </span>
      </div>
      {refusal === null ? null : (
        <p class="refused" role="alert">
          {refusal}
        </p>
      )}
    </form>
  );
}
