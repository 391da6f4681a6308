// The page: one WebSocket at a time, its state in sight, every event in the log.
const $ = id => document.getElementById(id);
const states = ['Connecting', 'Open', 'Closing', 'Closed'];
const colours = ['wait', 'live', 'wait', 'gone'];
const started = performance.now();
let socket;

$('url').value = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/echo`;

function showState() {
  const state = socket?.readyState ?? WebSocket.CLOSED;
  $('state').textContent = states[state] + (state === WebSocket.OPEN && socket.protocol ? ` (${socket.protocol})` : '');
  $('state').dataset.state = colours[state];
  $('connect').querySelector('button').disabled = state !== WebSocket.CLOSED;
  $('send').querySelector('button').disabled = state !== WebSocket.OPEN;
  $('close').querySelector('button').disabled = state > WebSocket.OPEN;
}

function log(kind, text) {
  const time = document.createElement('time');
  time.textContent = `${((performance.now() - started) / 1_000).toFixed(3)} s`;
  const name = document.createElement('b');
  name.textContent = kind;
  const what = document.createElement('span');
  what.textContent = text;
  const item = document.createElement('li');
  item.dataset.kind = kind;
  item.append(time, name, what);
  $('log').append(item);
  showLatest();
  $('empty').hidden = true;
  showState();
}

/** Only the log moves, never the page under the fingers of who types. */
function showLatest() {
  $('log').scrollTop = $('log').scrollHeight;
}

function connect() {
  const subprotocols = $('subprotocols')
    .value.split(',')
    .map(name => name.trim())
    .filter(Boolean);
  socket = new WebSocket($('url').value, subprotocols);
  socket.binaryType = 'arraybuffer';
  log('connect', [socket.url, ...subprotocols].join(' '));
  socket.addEventListener('open', () => {
    log('open', `sub-protocol ${socket.protocol || '(none)'}, extensions ${socket.extensions || '(none)'}`);
    $('message').focus();
  });
  socket.addEventListener('message', ({ data }) => log('received', described(data)));
  socket.addEventListener('error', () => log('error', 'the browser does not say why'));
  socket.addEventListener('close', ({ code, reason, wasClean }) => {
    log('close', `${code}${reason ? ` “${reason}”` : ''}, ${wasClean ? 'clean' : 'not clean'}`);
  });
}

function described(data) {
  if (typeof data === 'string') return data === '' ? '(empty text)' : data;
  const bytes = [...new Uint8Array(data)];
  const shown = bytes.slice(0, 16).map(byte => byte.toString(16).padStart(2, '0'));
  return `${bytes.length} bytes: ${shown.join(' ')}${bytes.length > shown.length ? ' …' : ''}`;
}

/** What the browser refuses to do is an event like the others. */
const doing = act => event => {
  event.preventDefault();
  try {
    act();
  } catch (error) {
    log('refused', error.message);
  }
};

$('connect').addEventListener('submit', doing(connect));
$('send').addEventListener(
  'submit',
  doing(() => {
    const text = $('message').value;
    const data = $('type').value === 'text' ? text : new TextEncoder().encode(text);
    socket.send(data);
    log('sent', described(typeof data === 'string' ? data : data.buffer));
    $('message').select();
  }),
);
$('close').addEventListener(
  'submit',
  doing(() => {
    const code = $('code').value.trim() === '' ? undefined : Number($('code').value);
    const reason = $('reason').value;
    if (code === undefined && reason !== '') throw new Error('A reason needs a close code');
    if (code === undefined) socket.close();
    else socket.close(code, reason);
    log('closing', `${code ?? '(no code)'}${reason ? ` “${reason}”` : ''}`);
  }),
);
$('clear').addEventListener('click', () => {
  $('log').replaceChildren();
  $('empty').hidden = false;
});
addEventListener('resize', showLatest);
showState();
