// The parts of the file that are here, drawn to scale, with the same in words.
import { type RangeStrip, stripLength } from '../transfers/range-strip.ts';

export const RangeStripView = ({ strip }: { strip: RangeStrip }) => (
  <figure class="ranges">
    <figcaption>
      <b>Received</b> {strip.words}
    </figcaption>
    {strip.isDrawn ? (
      <svg
        class="strip"
        viewBox={`0 0 ${stripLength} 1`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Received: ${strip.words}`}
      >
        {strip.parts.map(({ from, to }) => (
          <rect key={from} x={from} y={0} width={to - from} height={1} />
        ))}
      </svg>
    ) : null}
  </figure>
);
