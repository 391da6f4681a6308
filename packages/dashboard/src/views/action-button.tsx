// A button of a row that asks the agent for something; while that is under way it cannot be pressed again.
import type { ComponentType } from 'preact';
import type { Activity, RowAction } from '../dashboard-state.ts';

export interface ActionButtonProps {
  readonly action: RowAction;
  readonly words: string;
  readonly Icon: ComponentType;
  /** What it is about, for a screen reader. */
  readonly about: string;
  readonly activity: Activity | undefined;
  readonly isLive: boolean;
  readonly isStrong?: boolean;
  readonly onAsk: () => void;
}

export function ActionButton(props: ActionButtonProps) {
  const { action, words, Icon, about, activity, isLive, isStrong = false, onAsk } = props;
  const isUnderWay = activity?.type === 'asked';
  return (
    <button
      type="button"
      data-action={action}
      class={isStrong ? 'strong' : ''}
      aria-disabled={!isLive || isUnderWay}
      aria-busy={isUnderWay && activity.action === action}
      aria-label={`${words} ${about}`}
      title={words}
      onClick={() => {
        if (isLive && !isUnderWay) onAsk();
      }}
    >
      <Icon />
      <span>{words}</span>
    </button>
  );
}
