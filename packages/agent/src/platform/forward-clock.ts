// The time of day for deadlines: it follows the clock forward (a machine that slept), and goes on when the clock is set back, so
// that nothing waits an hour more because a clock was an hour wrong.

/** Milliseconds since 1970, never fewer than said before. `wall` and `steady` are the two clocks it is made of. */
export function forwardClock(
  wall: () => number = Date.now,
  steady: () => number = () => performance.now(),
): () => number {
  let lead = wall() - steady();
  return () => {
    const now = steady();
    // How far the time of day is ahead of the steady clock; it never falls.
    lead = Math.max(lead, wall() - now);
    return Math.floor(lead + now);
  };
}
