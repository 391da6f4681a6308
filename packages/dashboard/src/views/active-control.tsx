// Chooses how many transfers run at the same time: one of the presets, or a number.
import { activeFrom, activePresets } from '../transfers/active-limit.ts';
import { PresetForm } from './preset-form.tsx';

export interface ActiveControlProps {
  /** `null` until it is known. */
  readonly current: number | null;
  readonly label: string;
  /** False while nothing can be asked of the agent. */
  readonly isLive: boolean;
  readonly onChoose: (count: number) => void;
}

export function ActiveControl({ current, label, isLive, onChoose }: ActiveControlProps) {
  return (
    <PresetForm
      label={label}
      presets={activePresets}
      current={current}
      inWords={String}
      typed={current === null || activePresets.includes(current) ? '' : String(current)}
      own={{ label: 'Another number', inputMode: 'numeric', maxLength: 4 }}
      parse={text => {
        const given = activeFrom(text);
        return given.type === 'refused' ? given : { type: 'value', value: given.count };
      }}
      isLive={isLive}
      onChoose={onChoose}
    />
  );
}
