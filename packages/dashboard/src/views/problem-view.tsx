// What went wrong, and what helps: of a row, or of a click that was refused.
import type { Activity } from '../dashboard-state.ts';
import type { Problem } from '../words/problem-words.ts';
import { CancelIcon } from './icons.tsx';

export const ProblemWords = ({ problem }: { problem: Problem }) => (
  <p class="problem">
    {problem.message} {problem.fix === null ? null : <span class="fix">{problem.fix}</span>}
  </p>
);

export interface RefusalProps {
  readonly activity: Activity | undefined;
  /** `Not paused`. */
  readonly title: string;
  readonly onDismiss: () => void;
}

export const Refusal = ({ activity, title, onDismiss }: RefusalProps) =>
  activity?.type !== 'failed' ? null : (
    <div class="refusal" role="alert">
      <p>
        <strong>{title}.</strong> {activity.problem.message}{' '}
        {activity.problem.fix === null ? null : <span class="fix">{activity.problem.fix}</span>}
      </p>
      <button type="button" class="quiet" aria-label="Dismiss" onClick={onDismiss}>
        <CancelIcon />
      </button>
    </div>
  );
