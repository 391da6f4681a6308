// The progress bar as a route: the way that is done, the way ahead, and the goal.

export interface RouteBarProps {
  readonly label: string;
  /** 0..100; `null` when nobody knows how long the way is. */
  readonly percent: number | null;
  /** 0..1, finer than the percent. */
  readonly share: number;
  /** The numbers in words, for a screen reader. */
  readonly words: string;
  readonly isMoving: boolean;
}

export function RouteBar({ label, percent, share, words, isMoving }: RouteBarProps) {
  const value = percent === null ? {} : { 'aria-valuenow': percent };
  return (
    <div
      class="route"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={words}
      data-moving={isMoving}
      data-unknown={percent === null}
      {...value}
    >
      <div class="route-way">
        <div class="route-done" style={{ width: percent === null ? undefined : `${(share * 100).toFixed(2)}%` }} />
      </div>
    </div>
  );
}
