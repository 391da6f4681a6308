// Chooses a rate limit: one of the presets, or a number with its unit.
import { useState } from 'preact/hooks';
import { type RateUnit, rateAsTyped, rateFrom, ratePresets, rateUnits } from '../transfers/rate-limit.ts';
import { limitInWords } from '../words/amounts.ts';

export interface LimitControlProps {
  /** Bytes a second; `null` = no limit. */
  readonly current: number | null;
  /** What is limited, for a screen reader. */
  readonly label: string;
  /** False while nothing can be asked of the agent. */
  readonly isLive: boolean;
  readonly onChoose: (bytesPerSecond: number | null) => void;
}

export function LimitControl({ current, label, isLive, onChoose }: LimitControlProps) {
  const typed = rateAsTyped(current);
  const [text, setText] = useState(ratePresets.includes(current) ? '' : typed.text);
  const [unit, setUnit] = useState<RateUnit>(typed.unit);
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = rateFrom(text, unit);
    setRefusal(given.type === 'refused' ? given.words : null);
    if (given.type === 'rate' && isLive) onChoose(given.bytesPerSecond);
  };
  return (
    <form class="limit" aria-label={label} onSubmit={submit}>
      <div class="choice">
        {ratePresets.map(preset => (
          <button
            type="button"
            key={preset}
            aria-pressed={preset === current}
            aria-disabled={!isLive}
            onClick={() => {
              if (isLive) onChoose(preset);
            }}
          >
            {limitInWords(preset)}
          </button>
        ))}
        <span class="own">
          <input
            type="text"
            inputmode="decimal"
            aria-label="Another limit"
            placeholder="Another"
            maxLength={12}
            autocomplete="off"
            value={text}
            aria-invalid={refusal !== null}
            onInput={event => setText(event.currentTarget.value)}
          />
          <select aria-label="Unit" value={unit} onChange={event => setUnit(event.currentTarget.value as RateUnit)}>
            {rateUnits.map(name => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
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
