// The keys of the page.
import { keyHelp } from '../keyboard.ts';
import { Panel } from './panel.tsx';

export const Help = ({ onClose }: { onClose: () => void }) => (
  <Panel title="Keys" onClose={onClose}>
    <dl class="keys">
      {keyHelp.map(({ keys, words }) => (
        <div key={words}>
          <dt>
            {keys.map(key => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  </Panel>
);
