// Attempts that failed, each with its moment and its error in words.
import type { FailedAttempts } from '../transfers/attempts-model.ts';

export const FailedAttemptsView = ({ failed }: { failed: readonly FailedAttempts[] }) => (
  <section class="attempts" aria-label="Failed attempts">
    <h4>Failed attempts</h4>
    <ol>
      {failed.map(({ when, what, times }) => (
        <li key={when}>
          <span class="when">{when}</span>
          <span class="what">
            {what}
            {times === 1 ? null : <span class="times"> {times} times</span>}
          </span>
        </li>
      ))}
    </ol>
  </section>
);
