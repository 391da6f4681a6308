// Chooses how many transfers run at the same time: one of the presets, or a number.
import { useState } from 'preact/hooks';
import { activeFrom, activePresets } from '../transfers/active-limit.ts';

export interface ActiveControlProps {
  /** `null` until it is known. */
  readonly current: number | null;
  readonly label: string;
  /** False while nothing can be asked of the agent. */
  readonly isLive: boolean;
  readonly onChoose: (count: number) => void;
}

export function ActiveControl({ current, label, isLive, onChoose }: ActiveControlProps) {
  const [text, setText] = useState(current === null || activePresets.includes(current) ? '' : String(current));
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = activeFrom(text);
    setRefusal(given.type === 'refused' ? given.words : null);
    if (given.type === 'count' && isLive) onChoose(given.count);
  };
  return (
    <form class="limit" aria-label={label} onSubmit={submit}>
      <div class="choice">
        {activePresets.map(preset => (
          <button
            type="button"
            key={preset}
            aria-pressed={preset === current}
            aria-disabled={!isLive}
            onClick={() => {
              if (isLive) onChoose(preset);
            }}
          >
            {preset}
          </button>
        ))}
        <span class="own">
          <input
            type="text"
            inputmode="numeric"
            aria-label="Another number"
            placeholder="Another"
            maxLength={4}
            autocomplete="off"
            value={text}
            aria-invalid={refusal !== null}
            onInput={event => setText(event.currentTarget.value)}
          />
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
