// When to show what happened: with the next frame of the screen, or soon when there are no frames (a hidden tab, whose
// title still tells the counts).

const longestWaitMs = 250;

export function requestFrame(callback: () => void): void {
  let isDone = false;
  const run = () => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    callback();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, longestWaitMs);
}
