// The few drawings of the page. All are decoration: the words beside them say the same.
import type { ComponentChildren } from 'preact';

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    {children}
  </svg>
);

export const PauseIcon = () => (
  <Icon>
    <path d="M5.5 3.5v9M10.5 3.5v9" />
  </Icon>
);

export const ResumeIcon = () => (
  <Icon>
    <path d="M5 3.2v9.6L12.6 8z" class="filled" />
  </Icon>
);

export const CancelIcon = () => (
  <Icon>
    <path d="M4 4l8 8M12 4l-8 8" />
  </Icon>
);

export const RemoveIcon = () => (
  <Icon>
    <path d="M3 4.5h10M6.5 4.5v-1.5h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5" />
  </Icon>
);

export const RetryIcon = () => (
  <Icon>
    <path d="M12.7 9.5A5 5 0 1 1 12 5l1 1.2M13 2.8v3.4H9.6" />
  </Icon>
);

export const LimitIcon = () => (
  <Icon>
    <path d="M2.8 12a6 6 0 1 1 10.4 0M8 10l2.6-3.4" />
  </Icon>
);

export const CopyIcon = () => (
  <Icon>
    <path d="M6 6h7v7H6zM3 10V3h7" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="M3.5 8.5l3 3 6-7" />
  </Icon>
);

/** Turned by the stylesheet where something is open. */
export const OpenIcon = () => (
  <Icon>
    <path d="M6 4l4 4-4 4" />
  </Icon>
);

export const FindIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4" />
    <path d="M10 10l3.5 3.5" />
  </Icon>
);

/** A stretch of road that is done, and where it leads. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 44 16" width="44" height="16" aria-hidden="true" focusable="false">
    <path class="mark-done" d="M5 8h20" />
    <path class="mark-ahead" d="M29 8h7" />
    <circle class="mark-start" cx="5" cy="8" r="3.5" />
    <circle class="mark-goal" cx="38" cy="8" r="4" />
  </svg>
);

/** The empty page: a road with nobody on it. */
export const EmptyRoad = () => (
  <svg class="empty-road" viewBox="0 0 320 96" width="320" height="96" aria-hidden="true" focusable="false">
    <path class="hill far" d="M0 70C50 34 92 30 140 58s96 8 180-22v60H0z" />
    <path class="hill near" d="M0 82c60-22 120-14 176-2s96 4 144-12v28H0z" />
    <path class="road" d="M18 74C84 58 128 66 176 70s88-10 126-30" />
    <circle class="start" cx="18" cy="74" r="5" />
    <circle class="goal" cx="302" cy="40" r="6" />
  </svg>
);
