// Chooses a rate limit: one of the presets, or a number with its unit.
import { useState } from 'preact/hooks';
import { type RateUnit, rateAsTyped, rateFrom, ratePresets, rateUnits } from '../transfers/rate-limit.ts';
import { limitInWords } from '../words/amounts.ts';
import { PresetForm } from './preset-form.tsx';

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
  const [unit, setUnit] = useState<RateUnit>(typed.unit);
  return (
    <PresetForm
      label={label}
      presets={ratePresets}
      current={current}
      inWords={limitInWords}
      typed={ratePresets.includes(current) ? '' : typed.text}
      own={{ label: 'Another limit', inputMode: 'decimal', maxLength: 12 }}
      parse={text => {
        const given = rateFrom(text, unit);
        return given.type === 'refused' ? given : { type: 'value', value: given.bytesPerSecond };
      }}
      isLive={isLive}
      onChoose={onChoose}
    >
      <select aria-label="Unit" value={unit} onChange={event => setUnit(event.currentTarget.value as RateUnit)}>
        {rateUnits.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </PresetForm>
  );
}
