// The rates of the last minute: a small plot, with the same in words; each second says its rate when it is pointed at.
import { plotHeight, plotWidth, type RatePlot } from '../transfers/rate-plot.ts';

export const RatePlotView = ({ plot }: { plot: RatePlot }) => (
  <figure class="rates">
    <figcaption>
      <b>Speed</b> {plot.words}
    </figcaption>
    <div class="plot">
      <svg
        viewBox={`0 0 ${plotWidth} ${plotHeight}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Speed: ${plot.words}`}
      >
        <path class="grid" d={`M0 0H${plotWidth}M0 ${plotHeight / 2}H${plotWidth}`} />
        <polygon points={plot.area} />
        <polyline points={plot.line} />
        {plot.limit === null ? null : <path class="limit-line" d={`M0 ${plot.limit.y}H${plotWidth}`} />}
        {plot.seconds.map(({ x, words }) => (
          <rect key={x} x={x} y={0} width={10} height={plotHeight}>
            <title>{words}</title>
          </rect>
        ))}
      </svg>
      <span class="top" aria-hidden="true">
        {plot.top}
      </span>
    </div>
    <p class="axis" aria-hidden="true">
      <span>a minute ago</span>
      {plot.limit === null ? null : <span class="limit-words">{plot.limit.words}</span>}
      <span>now</span>
    </p>
  </figure>
);
